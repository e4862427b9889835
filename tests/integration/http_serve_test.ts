/** The whole server in its own process: what `main.ts` wires together, over real sockets and a real file. */
import { readFragment } from "../../rooms/contract/link_fragment.ts";
import { expect } from "@std/expect";
import { PROTOCOL_VERSION } from "../../rooms/contract/protocol/messages.ts";
import { servingFlags } from "../../server/start_permissions.ts";
import { LESSON } from "../support/http/http_server.ts";

const ROOT = new URL("../../", import.meta.url);

interface Served extends AsyncDisposable {
  origin: string;
  key: string;
  process: Deno.ChildProcess;
  api(method: string, path: string, body?: unknown): Promise<Response>;
}

/** Starts `main.ts` on free ports and waits until it is ready. */
async function serve(dataDir: string): Promise<Served> {
  const environment = { DATA_DIR: dataDir, HOST: "127.0.0.1", MEDIA_PORT: String(freeUdpPort()) };
  const port = freeTcpPort();
  const made = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "server/make_api_key.ts"],
    cwd: ROOT,
    env: environment,
  }).output();
  const key = new TextDecoder().decode(made.stdout).trim();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", ...servingFlags(dataDir), "main.ts"],
    cwd: ROOT,
    env: { ...environment, PORT: String(port), LOG_LEVEL: "warn" },
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const origin = `http://127.0.0.1:${port}`;
  await untilReady(origin, process);
  return {
    origin,
    key,
    process,
    api: (method, path, body) =>
      fetch(`${origin}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async [Symbol.asyncDispose]() {
      try {
        process.kill("SIGTERM");
      } catch {
        // It ended during the test.
      }
      await process.status;
    },
  };
}

async function untilReady(origin: string, process: Deno.ChildProcess): Promise<void> {
  const ended = process.status.then(({ code }) => {
    throw new Error(`the server ended with ${code}`);
  });
  const ready = (async () => {
    while (true) {
      const response = await fetch(`${origin}/readyz`).catch(() => null);
      await response?.body?.cancel();
      if (response?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  })();
  ended.catch(() => {});
  await Promise.race([ready, ended]);
}

/** A socket that has said hello; text frames in order. */
async function enter(served: Served, hello: Record<string, unknown>) {
  const socket = new WebSocket(`${served.origin.replace("http", "ws")}/api/socket`);
  socket.binaryType = "arraybuffer";
  const frames: Record<string, unknown>[] = [];
  const waiting: (() => void)[] = [];
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") return;
    frames.push(JSON.parse(data));
    for (const wake of waiting.splice(0)) wake();
  };
  const closed = new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  socket.send(JSON.stringify({
    id: 1,
    method: "hello",
    params: { protocol: PROTOCOL_VERSION, clientId: 1, ...hello },
  }));
  const next = async (holds: (frame: Record<string, unknown>) => boolean) => {
    while (true) {
      const found = frames.find(holds);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { socket, closed, next, answer: await next((frame) => frame.id === 1) };
}

async function book(served: Served) {
  const booked = await (await served.api("POST", "/meetings", LESSON)).json();
  const link = booked.links.find((link: { name: string }) => link.name === "Ada");
  const invite = readFragment(new URL(link.url).hash).invite!;
  const { meetingId, passcode } = booked;
  return { meetingId, passcode, invite };
}

async function statusOf(served: Served, meetingId: string): Promise<Record<string, unknown>> {
  return await (await served.api("GET", `/meetings/${meetingId}`)).json();
}

Deno.test("a lesson that is running when the server is killed runs on, and the API ends it for all", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-serve-" });
  try {
    let lesson: Awaited<ReturnType<typeof book>>;
    {
      await using served = await serve(dataDir);
      lesson = await book(served);
      expect(await statusOf(served, lesson.meetingId)).toMatchObject({ status: "pending" });
      const ada = await enter(served, lesson);
      expect(ada.answer).toMatchObject({ result: { status: "joined", welcome: { name: "Ada" } } });
      expect(await statusOf(served, lesson.meetingId)).toMatchObject({ status: "active" });
      served.process.kill("SIGKILL");
      await ada.closed;
    }
    await using again = await serve(dataDir);
    expect(await statusOf(again, lesson.meetingId)).toMatchObject({ status: "active" });
    const ada = await enter(again, lesson);
    expect(ada.answer).toMatchObject({ result: { status: "joined" } });
    const ended = await again.api("POST", `/meetings/${lesson.meetingId}/end`);
    expect(await ended.json()).toMatchObject({ status: "completed" });
    expect(await ada.next((frame) => frame.method === "meeting.ended"))
      .toMatchObject({ params: { reason: "ended" } });
    await ada.closed;
    const late = await fetch(`${again.origin}/api/join`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(lesson),
    });
    expect([late.status, (await late.json()).code]).toEqual([410, "over"]);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a drain tells the people, lets the process end well, and loses nothing", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-serve-" });
  try {
    await using served = await serve(dataDir);
    const lesson = await book(served);
    const ada = await enter(served, lesson);
    served.process.kill("SIGTERM");
    expect(await ada.closed).toBe(1012);
    expect((await served.process.status).code).toBe(0);
    await using again = await serve(dataDir);
    expect(await statusOf(again, lesson.meetingId)).toMatchObject({ status: "active" });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a page of another origin gets no socket", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-serve-" });
  try {
    await using served = await serve(dataDir);
    const upgrade = (origin: string) =>
      fetch(`${served.origin}/api/socket`, {
        headers: { origin, connection: "upgrade", upgrade: "websocket" },
      });
    const foreign = await upgrade("https://evil.example");
    expect(foreign.status).not.toBe(101);
    await foreign.body?.cancel();
    const plain = await fetch(`${served.origin}/api/socket`);
    expect(plain.status).toBe(426);
    await plain.body?.cancel();
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a value that can't be used stops the start with its name", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "main.ts"],
    cwd: ROOT,
    env: { MEDIA_PORT: "many" },
  }).output();
  expect(code).toBe(1);
  expect(new TextDecoder().decode(stderr)).toContain('MEDIA_PORT is "many": expected a port');
});

function freeTcpPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** Below the ephemeral range, so that no socket of another test takes it meanwhile. */
function freeUdpPort(): number {
  return 10_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 10_000;
}
