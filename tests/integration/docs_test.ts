/** What the README tells a newcomer to type, typed. */
import { expect } from "@std/expect";
import { locate } from "../needs.ts";
import { freePorts, spawnServing, untilServing } from "../support/serving.ts";

const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

/** The command as it stands in the README, for this server and with this key. */
function bookingCommand(origin: string, apiKey: string): string {
  const block = /^ {4}curl -X POST[^\n]*\n(?: {4}[^\n]*\n)+/m.exec(README)?.[0] ?? "";
  expect(block).toContain("http://127.0.0.1:8080");
  expect(block).toContain("lk_…");
  return block.replace(/^ {4}/gm, "").replace("http://127.0.0.1:8080", origin)
    .replace("lk_…", apiKey);
}

Deno.test("the README's curl books a lesson whose links open its page", async () => {
  expect(await locate("curl")).toBeDefined();
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-docs-" });
  const apiKey = `${crypto.randomUUID()}${crypto.randomUUID()}`;
  const ports = freePorts();
  const origin = `http://127.0.0.1:${ports.PORT}`;
  const server = spawnServing({ dataDir, env: { ...ports, API_KEY: apiKey } });
  try {
    await untilServing(server);
    const command = bookingCommand(origin, apiKey).trim();
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", `${command} --silent --show-error --write-out '\n%{http_code}'`],
      stdin: "null",
    }).output();
    expect(new TextDecoder().decode(stderr)).toBe("");
    const [body = "", status] = new TextDecoder().decode(stdout).split("\n");
    expect(status).toBe("201");
    const { meetingId, links } = JSON.parse(body);
    expect(links.map(({ role }: { role: string }) => role).sort()).toEqual(["student", "tutor"]);
    for (const { url } of links) {
      expect(url).toMatch(new RegExp(`^${origin}/video-room/${meetingId}\\?.*#invite=`));
      const page = await fetch(url);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<html")]);
    }
  } finally {
    server.kill("SIGTERM");
    await server.output();
    await Deno.remove(dataDir, { recursive: true });
  }
});
