import { expect } from "@std/expect";
import { meetNeeds, NEEDS } from "../../needs.ts";

const ROOT = new URL("../../../", import.meta.url);
/** In every Debian, or in a package of the list beside the program that it is known by. */
const WITH_OTHERS: Record<string, string> = {
  ffmpeg: "ffmpeg",
  turnutils_uclient: "coturn",
  prlimit: "util-linux",
  fallocate: "util-linux",
  sh: "util-linux",
};

async function* sources(folder: URL): AsyncGenerator<{ path: string; code: string }> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(encodeURIComponent(entry.name), folder);
    if (entry.isDirectory) {
      // Benchmarks say themselves what they compare with.
      const others = ["node_modules", "dist", "bench", "vectors", "data"];
      if (!others.includes(entry.name) && !entry.name.startsWith(".")) {
        yield* sources(new URL(`${url.href}/`));
      }
    } else if (/\.tsx?$/.test(entry.name) && entry.name !== "needs.ts") {
      const path = url.href.slice(ROOT.href.length);
      if (/^tests\/|_test\.tsx?$/.test(path)) yield { path, code: await Deno.readTextFile(url) };
    }
  }
}

Deno.test("every program that a test runs is one that the test command installs or names", async () => {
  const known = new Set([
    ...NEEDS.flatMap(({ programs }) => programs ?? []),
    ...Object.entries(WITH_OTHERS)
      .filter(([, debian]) => NEEDS.some((need) => need.debian === debian))
      .map(([name]) => name),
  ]);
  const used = new Map<string, string>();
  for await (const { path, code } of sources(ROOT)) {
    const found = [
      // A program by its name or its path, and a list of arguments that begins with one.
      ...code.matchAll(/\b(?:Deno\.Command|run)\(\s*"([a-z][\w.-]*)",/g),
      ...code.matchAll(/"\/usr\/s?bin\/([\w.-]+)"/g),
      ...code.matchAll(/\? \["([a-z]+)", "--|\blocate\("([a-z]+)"\)/g),
    ];
    for (const [, name, located] of found) used.set(name ?? located!, path);
  }
  expect([...used.keys()]).toEqual(
    expect.arrayContaining([
      "chromium",
      "firefox-esr",
      "ffprobe",
      "turnserver",
      "nginx",
      "caddy",
      "setpriv",
    ]),
  );
  const unknown = [...used].filter(([name]) => !known.has(name));
  expect(unknown).toEqual([]);
});

Deno.test("where nothing may be installed, what is missing is named with how to install it", async () => {
  const said: string[] = [];
  const needs = [
    { what: "a shell", debian: "dash", programs: ["sh"] },
    { what: "a harp", debian: "harp-player", programs: ["no-such-harp"] },
    { what: "a lute", debian: "liblute3", library: "libno-such-lute.so.3" },
  ];
  const told = await meetNeeds((text) => said.push(text), { needs, mayInstall: false });
  expect(told).toContain("a harp (Debian: harp-player)");
  expect(told).toContain("a lute (Debian: liblute3)");
  expect(told).toContain("apt-get install -y --no-install-recommends harp-player liblute3");
  expect(told).not.toContain("shell");
  expect(said).toEqual([]);
  const [first] = needs;
  expect(await meetNeeds(() => {}, { needs: [first!], mayInstall: false })).toBeNull();
});
