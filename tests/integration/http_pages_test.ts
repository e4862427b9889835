import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync } from "node:zlib";
import { expect } from "@std/expect";
import { type HttpServer, startHttp } from "../support/http/http_server.ts";

const SCRIPT = `export const text = "${"lesson ".repeat(2000)}";`;

async function withClient(): Promise<HttpServer> {
  const server = await startHttp();
  const write = async (path: string, text: string) => {
    await Deno.mkdir(`${server.clientDir}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${server.clientDir}/${path}`, text);
  };
  await write("index.html", "<title>Landing</title>");
  await write("room.html", "<title>Room</title>");
  await write("assets/main-abc123.js", SCRIPT);
  await write("sandbox/run.html", "<title>Sandbox</title>");
  await Deno.writeTextFile(`${server.clientDir}/../outside.txt`, "secret").catch(() => {});
  return server;
}

Deno.test("each address gets its page, with a policy that allows our own scripts only", async () => {
  await using server = await withClient();
  for (const [path, title] of [["/", "Landing"], ["/video-room/m?passcode=p", "Room"]]) {
    const response = await server.send(path!);
    expect(await response.text()).toContain(`<title>${title}</title>`);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).toContain("connect-src 'self' wss://lessons.example.org;");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("permissions-policy")).toContain("camera=(self)");
    expect(response.headers.has("cross-origin-opener-policy")).toBe(false);
    expect(response.headers.has("cross-origin-embedder-policy")).toBe(false);
  }
});

Deno.test("hashed files are kept for ever and compressed as the browser accepts", async () => {
  await using server = await withClient();
  const get = (encoding: string) =>
    server.send("/assets/main-abc123.js", { headers: { "accept-encoding": encoding } });

  const plain = await get("");
  expect(await plain.text()).toBe(SCRIPT);
  expect(plain.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(plain.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(plain.headers.get("vary")).toBe("accept-encoding");

  const brotli = await get("gzip, deflate, br, zstd");
  expect(brotli.headers.get("content-encoding")).toBe("br");
  expect(brotliDecompressSync(await brotli.bytes()).toString()).toBe(SCRIPT);

  const gzip = await get("br;q=0, gzip");
  expect(gzip.headers.get("content-encoding")).toBe("gzip");
  expect(gunzipSync(await gzip.bytes()).toString()).toBe(SCRIPT);
});

Deno.test("a file that the browser has is not sent again, until it changes", async () => {
  await using server = await withClient();
  const first = await server.send("/");
  const etag = first.headers.get("etag") ?? "";
  const again = await server.send("/", { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);
  await Deno.writeTextFile(`${server.clientDir}/index.html`, "<title>A newer landing</title>");
  const changed = await server.send("/", { headers: { "if-none-match": etag } });
  expect(await changed.text()).toContain("newer");
});

Deno.test("a changed file is compressed anew", async () => {
  await using server = await withClient();
  const get = async () => {
    const response = await server.send("/assets/main-abc123.js", {
      headers: { "accept-encoding": "br" },
    });
    return brotliDecompressSync(await response.bytes()).toString();
  };
  expect(await get()).toBe(SCRIPT);
  await Deno.writeTextFile(`${server.clientDir}/assets/main-abc123.js`, `${SCRIPT}//`);
  expect(await get()).toBe(`${SCRIPT}//`);
});

Deno.test("what the build has compressed is sent as it lies there, to whom it suits", async () => {
  await using server = await withClient();
  const file = `${server.clientDir}/sandbox/runtimes/lang-1.0/core.wasm`;
  await Deno.mkdir(file.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeTextFile(file, SCRIPT);
  const compressed = brotliCompressSync(SCRIPT, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
  });
  await Deno.writeFile(`${file}.br`, compressed);
  const get = (encoding: string) =>
    server.send("/sandbox/runtimes/lang-1.0/core.wasm", {
      headers: { "accept-encoding": encoding },
    });
  const brotli = await get("br");
  expect(brotli.headers.get("content-type")).toBe("application/wasm");
  expect(brotli.headers.get("content-encoding")).toBe("br");
  expect(await brotli.bytes()).toEqual(new Uint8Array(compressed));
  expect(gunzipSync(await (await get("gzip")).bytes()).toString()).toBe(SCRIPT);
});

/** How an address of no file is answered: one that holds U+0000 is refused as such (server/http/app.ts). */
const missing = (path: string) => path.includes("%00") ? 422 : 404;

Deno.test("no path leads out of the client's folder", async () => {
  await using server = await withClient();
  const name = server.clientDir.split("/").at(-1);
  const paths = [
    "/../outside.txt",
    "/..%2foutside.txt",
    "/%2e%2e/outside.txt",
    "/assets/..%2f..%2foutside.txt",
    `/..%2f${name}/index.html`,
    "//etc/passwd",
    "/.env",
    "/assets/.hidden",
    "/assets/",
    "/assets/%00",
    "/assets/%ff",
    "/index.html%00.js",
  ];
  for (const path of paths) {
    const response = await server.send(path);
    expect([path, response.status]).toEqual([path, missing(path)]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
  }
});

Deno.test("the frame for running code has an opaque origin and a policy of its own", async () => {
  await using server = await withClient();
  const response = await server.send("/sandbox/run.html");
  const policy = response.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("sandbox allow-scripts;");
  expect(policy).not.toContain("allow-same-origin");
  expect(policy).toContain("frame-ancestors 'self'");
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
});

/** `s` → `%73`, or `%2573` where it is done twice. */
const encoded = (text: string, mark = "%") =>
  text.replace(/./g, (letter) => `${mark}${letter.charCodeAt(0).toString(16)}`);

Deno.test("however a file of the sandbox is spelled, it never comes without the sandbox's policy", async () => {
  await using server = await withClient();
  await Deno.symlink("sandbox/run.html", `${server.clientDir}/linked.html`);
  const folders = ["/sandbox/", "/sandbox%2F", "/sandbox%2f", "/SANDBOX/", "/Sandbox%2F"];
  folders.push(
    `/${encoded("sandbox")}/`,
    `/${encoded("s")}andbox%2f`,
    `/${encoded("s", "%25")}andbox/`,
  );
  folders.push(
    "//sandbox/",
    "///sandbox/",
    "/sandbox//",
    "/./sandbox/",
    "/sandbox/./",
    "/sandbox/x/../",
  );
  folders.push(
    "/assets/../sandbox/",
    "/assets/%2e%2e/sandbox/",
    "/assets/..%2fsandbox%2f",
    "/%2fsandbox/",
  );
  folders.push(
    "/\\sandbox\\",
    "/sandbox\\",
    "/sandbox%5c",
    "/sandbox;x/",
    "/sandbox%252F",
    "/%20sandbox/",
  );
  folders.push(
    "/sandbox/..;/sandbox/",
    "/sandbox./",
    "/sandbox%00/",
    "/sandbox%E2%88%95",
    "/video-room/../sandbox/",
  );
  const names = [
    "run.html",
    "RUN.HTML",
    "run.html.",
    "run.html/",
    "run.html%20",
    "run.html%00",
    "run.html;a",
  ];
  names.push(
    encoded("run.html"),
    encoded("run.html", "%25"),
    "run%2ehtml",
    "run.html?x",
    "run.html?/../../",
    "run.html#x",
  );
  let served = 0;
  const paths = [
    ...folders.flatMap((folder) => names.map((name) => folder + name)),
    "/linked.html",
  ];
  for (const path of paths) {
    const response = await server.send(path);
    const text = await response.text();
    if (!text.includes("<title>Sandbox</title>")) {
      expect([path, response.status]).toEqual([path, missing(path)]);
      continue;
    }
    served++;
    expect([path, response.headers.get("content-security-policy")])
      .toEqual([path, expect.stringContaining("sandbox allow-scripts;")]);
  }
  // The plain spelling is among them, and so are those that a server decodes.
  expect(served).toBeGreaterThan(10);
});

Deno.test("no other file gets the sandbox's policy by its spelling, and pages are framed by nothing but themselves", async () => {
  await using server = await withClient();
  for (
    const path of ["/sandbox/../room.html", "/sandbox/..%2froom.html", "/room.html", "/room%2ehtml"]
  ) {
    const response = await server.send(path);
    const text = await response.text();
    if (!text.includes("<title>Room</title>")) continue;
    const policy = response.headers.get("content-security-policy") ?? "";
    expect([path, policy]).toEqual([path, expect.stringContaining("frame-ancestors 'none'")]);
    expect(policy).toMatch(/frame-src \S+\/sandbox\/ https:\/\/lessons\.example\.org\/sandbox\/;/);
  }
});

Deno.test("a link in the client's folder leads to no file outside it", async () => {
  await using server = await withClient();
  const outside = await Deno.makeTempFile();
  await Deno.writeTextFile(outside, "secret");
  await Deno.symlink(outside, `${server.clientDir}/linked.txt`);
  expect((await server.send("/linked.txt")).status).toBe(404);
  await Deno.remove(outside);
});

Deno.test("a lesson's page is told to fetch nothing, and that texts become script only by our leave", async () => {
  await using server = await withClient();
  await Deno.writeTextFile(`${server.clientDir}/sandbox/preview.html`, "<title>Preview</title>");
  const response = await server.send("/sandbox%2Fpreview.html");
  const policy = response.headers.get("content-security-policy") ?? "";
  for (
    const part of [
      "sandbox allow-scripts;",
      "connect-src 'none';",
      "worker-src 'none';",
      "frame-src 'none';",
    ]
  ) {
    expect(policy).toContain(part);
  }
  expect(policy).toContain("require-trusted-types-for 'script'; trusted-types lectern default");
  expect(response.headers.get("x-dns-prefetch-control")).toBe("off");
  await response.body?.cancel();
});

Deno.test("only the sandbox answers other origins", async () => {
  await using server = await withClient();
  for (const path of ["/", "/api/instance", "/assets/main-abc123.js", "/healthz"]) {
    const response = await server.send(path, { headers: { origin: "https://evil.example" } });
    expect(response.headers.has("access-control-allow-origin")).toBe(false);
  }
});

Deno.test("health, readiness and metrics answer, and readiness says when it can't serve", async () => {
  await using server = await withClient();
  expect((await server.send("/healthz")).status).toBe(200);
  expect(await (await server.send("/readyz")).text()).toBe("ready\n");
  const metrics = await (await server.send("/metrics")).text();
  expect(metrics).toContain(
    'lectern_http_requests_total{method="GET",route="/healthz",status="200"} 1',
  );
  await using down = await startHttp({ ready: () => Promise.reject(new Error("no media")) });
  expect((await down.send("/readyz")).status).toBe(503);
  expect((await down.send("/healthz")).status).toBe(200);
  await using ailing = await startHttp({ ready: () => Promise.resolve(["no recordings"]) });
  const { status, text } = await ailing.send("/readyz").then(async (response) => ({
    status: response.status,
    text: await response.text(),
  }));
  expect({ status, text }).toEqual({ status: 200, text: "ready\nno recordings\n" });
});

Deno.test("a fault of ours is answered without its text, and logged with it", async () => {
  await using server = await startHttp({
    apiKeys: {
      verify: () => Promise.reject(new Error("disk on fire")),
      issue: () => Promise.reject(new Error("disk on fire")),
      list: () => Promise.resolve([]),
      revoke: () => Promise.resolve(false),
    },
  });
  const response = await server.api("GET", "/meetings");
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("disk on fire");
  expect(server.log.join("\n")).toContain("disk on fire");
});
