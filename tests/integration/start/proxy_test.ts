/** DEPLOY.md's blocks for nginx and Caddy and its relay's settings, as they stand there, in front of the real server. */
import { expect } from "@std/expect";
import { TestClient } from "../../support/room/client.ts";
import { locate } from "../../needs.ts";
import { findTurnServer } from "../../support/media/turn_server.ts";
import { freePorts, spawnServing, untilServing } from "../../support/serving.ts";

const DEPLOY = await Deno.readTextFile(new URL("../../../DEPLOY.md", import.meta.url));
const PUBLIC_URL = "https://lessons.example.org";

interface Proxied {
  origin: string;
  api(path: string, body: unknown): Promise<Response>;
}

/** The indented block that begins with this line, up to the next text. */
function blockFrom(line: string): string {
  const start = DEPLOY.indexOf(`\n    ${line}\n`) + 1;
  expect(start).toBeGreaterThan(0);
  const lines = DEPLOY.slice(start).split("\n");
  const end = lines.findIndex((line) => line !== "" && !line.startsWith("    "));
  return lines.slice(0, end).map((line) => line.slice(4)).join("\n");
}

function replaced(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  const told = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`${program} ${args.join(" ")}:\n${told}`);
  return told;
}

interface Place {
  folder: string;
  /** The proxy's port. */
  front: string;
  /** Lectern's. */
  back: string;
}

/** How a proxy is started with DEPLOY.md's block; answers how to run it. */
type Proxy = (place: Place) => Promise<Deno.Command>;

/** Only addresses, ports and the certificate's files are other than in DEPLOY.md; one port is without TLS. */
const nginx: Proxy = async ({ folder, front, back }) => {
  const [certificate, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  await run(
    "openssl",
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-subj", "/CN=lessons.example.org", "-days", "1", "-keyout", key, "-out", certificate],
  );
  let block = blockFrom("map $http_upgrade $connection_upgrade {");
  block = replaced(block, "listen 443 ssl;", `listen 127.0.0.1:${front};`);
  block = replaced(block, "listen [::]:443 ssl;", `listen 127.0.0.1:${freePorts().PORT} ssl;`);
  block = replaced(block, "/etc/ssl/lessons.example.org.pem", certificate);
  block = replaced(block, "/etc/ssl/lessons.example.org.key", key);
  block = replaced(block, "http://127.0.0.1:8080", `http://127.0.0.1:${back}`);
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const file = `${folder}/nginx.conf`;
  await Deno.writeTextFile(
    file,
    `${Deno.uid() === 0 ? "user root;" : ""}
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
access_log off;
${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join("\n")}
${block}
}
`,
  );
  const program = (await locate("nginx"))!;
  const told = await run(program, "-t", "-c", file);
  expect(told.replaceAll(file, "")).toMatch(/^nginx: .*syntax is ok\nnginx: .*is successful\n$/);
  return new Deno.Command(program, { args: ["-c", file], stdin: "null" });
};

/** Only addresses and ports are other than in DEPLOY.md, without TLS; nobody commands it while it runs. */
const caddy: Proxy = async ({ folder, front, back }) => {
  let text = blockFrom("{");
  text = replaced(text, "{\n    servers {", "{\n    admin off\n    servers {");
  text = replaced(text, "lessons.example.org {", `http://127.0.0.1:${front} {`);
  text = replaced(text, "reverse_proxy 127.0.0.1:8080", `reverse_proxy 127.0.0.1:${back}`);
  // `caddy fmt` wants tabs, and warns.
  text = text.replaceAll("    ", "\t");
  const file = `${folder}/Caddyfile`;
  await Deno.writeTextFile(file, `${text.trimEnd()}\n`);
  const program = (await locate("caddy"))!;
  const told = await run(program, "validate", "--config", file, "--adapter", "caddyfile");
  expect(told).not.toMatch(/"level":"(warn|error)"/);
  return new Deno.Command(program, {
    args: ["run", "--config", file, "--adapter", "caddyfile"],
    env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdin: "null",
    stderr: "null",
  });
};

async function withProxy(
  proxy: Proxy,
  use: (proxied: Proxied) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lectern-proxy-" });
  const apiKey = `${crypto.randomUUID()}${crypto.randomUUID()}`;
  const [back, front] = [freePorts().PORT, freePorts().PORT];
  const command = await proxy({ folder, front, back });
  const server = spawnServing({
    dataDir: `${folder}/data`,
    env: { PORT: back, PUBLIC_URL, TRUST_PROXY: "true", API_KEY: apiKey },
  });
  await untilServing(server);
  const running = command.spawn();
  const origin = `http://127.0.0.1:${front}`;
  try {
    await untilListening(Number(front));
    await use({
      origin,
      api: (path, body) =>
        fetch(`${origin}/api/v1${path}`, {
          method: "POST",
          headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
    });
  } finally {
    running.kill("SIGTERM");
    await running.status;
    server.kill("SIGTERM");
    await server.output();
    await Deno.remove(folder, { recursive: true });
  }
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const connected = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
    if (connected !== null) return connected.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nothing listens");
}

function lessonBehind(proxy: Proxy): Promise<void> {
  return withProxy(proxy, async ({ origin, api }) => {
    const page = await fetch(origin);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<html")]);
    for (const path of ["/metrics", "/%6detrics", "//metrics", "/x/../metrics", "/metrics?a=1"]) {
      const answer = await fetch(`${origin}${path}`);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.text()).not.toContain("process_resident_memory_bytes");
    }

    const booked = await api("/meetings", {
      title: "Fractions",
      tutor: { id: "t1", name: "Tara" },
      students: [{ id: "s1", name: "Sam" }],
    });
    expect(booked.status).toBe(201);
    const { meetingId, links } = await booked.json();
    const invite = (role: string) => {
      const { url } = links.find((link: { role: string }) => link.role === role);
      return new URLSearchParams(new URL(url).hash.slice(1)).get("invite")!;
    };
    const clients = ["tutor", "student"].map((role) => ({
      role,
      client: new TestClient(`${origin.replace("http", "ws")}/api/socket`),
    }));
    try {
      for (const { role, client } of clients) {
        await client.join({ meetingId, invite: invite(role) });
      }
      const { session } = clients[1]!.client.welcome!;
      const upload = async (megabytes: number) => {
        const image = new Uint8Array(megabytes * 1024 * 1024);
        image.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
        crypto.getRandomValues(image.subarray(8, 1000));
        const answer = await fetch(`${origin}/api/assets/${meetingId}`, {
          method: "POST",
          headers: { authorization: `Bearer ${session}` },
          body: image,
        });
        await answer.body?.cancel();
        return answer.status;
      };
      expect([await upload(9), await upload(10), await upload(12)]).toEqual([201, 201, 413]);
    } finally {
      for (const { client } of clients) await client.close();
    }
  });
}

Deno.test("behind DEPLOY.md's nginx pages, uploads of 10 MB and the room's socket work, and /metrics is closed", () =>
  lessonBehind(nginx));

Deno.test("behind DEPLOY.md's Caddy pages, uploads of 10 MB and the room's socket work, and /metrics is closed", () =>
  lessonBehind(caddy));

Deno.test("DEPLOY.md's relay passes nothing on to this machine or its network, by IPv4 or IPv6", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lectern-relay-" });
  const { PORT: port } = freePorts();
  let settings = blockFrom("tls-listening-port=443");
  settings = replaced(settings, "tls-listening-port=443", `listening-port=${port}`);
  settings = settings.replace(/^(cert|pkey)=.*\n/gm, "");
  settings = replaced(settings, "<a long random text>", "secret");
  await Deno.writeTextFile(
    `${folder}/turnserver.conf`,
    // Without these it refuses loopback by itself, whatever DEPLOY.md says.
    `${settings}\nlistening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nrelay-ip=::1\nallow-loopback-peers
no-cli\nno-tls\nno-dtls\nuserdb=${folder}/users\npidfile=${folder}/pid\n`,
  );
  const relay = new Deno.Command(findTurnServer()!, {
    args: ["-c", `${folder}/turnserver.conf`, "--log-file", "stdout"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await untilListening(Number(port));
    for (const [family, peer] of [["-x", "::1"], ["-X", "127.0.0.1"]] as const) {
      const { stdout } = await new Deno.Command("turnutils_uclient", {
        args: [
          ...[family, "-e", peer, "-r", "9", "-n", "1", "-m", "1", "-y"],
          ...["-u", "mia", "-W", "secret", "-p", port, "127.0.0.1"],
        ],
        stdin: "null",
        stderr: "null",
      }).output();
      expect(new TextDecoder().decode(stdout)).toContain("error 403 (Forbidden IP)");
    }
  } finally {
    relay.kill("SIGKILL");
    await relay.status;
    await Deno.remove(folder, { recursive: true });
  }
});
