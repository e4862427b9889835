/** Processes that run out of file descriptors: real ones, under a low `ulimit -n`. */
import { expect } from "@std/expect";
import { PROTOCOL_VERSION } from "../../rooms/contract/protocol/messages.ts";
import { until } from "../support/until.ts";

const ROOT = new URL("../../", import.meta.url);

/** Runs a script of this repository with so many descriptors, and listens to what it prints. */
class LimitedProcess implements AsyncDisposable {
  printed = "";
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;

  constructor(script: string, descriptors: number, env: Record<string, string> = {}) {
    const run = `ulimit -n ${descriptors} && exec "$0" run -A "$1"`;
    this.#child = new Deno.Command("sh", {
      args: ["-c", run, Deno.execPath(), script],
      cwd: ROOT,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { stdout, stderr } = this.#child;
    this.#read = Promise.all([stdout, stderr].map((stream) => this.#listen(stream)));
  }

  async #listen(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.printed += text;
  }

  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** Resolves once it has printed this. */
  async prints(pattern: RegExp): Promise<RegExpMatchArray> {
    await until(() => pattern.test(this.printed), { what: `${pattern} in ${this.printed}` });
    return this.printed.match(pattern)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#read;
  }
}

Deno.test("a server that can serve nothing any more ends with a fault, for its supervisor to start it again", async () => {
  await using starved = new LimitedProcess("tests/support/room/starved_process.ts", 64);
  const [, port] = await starved.prints(/^(\d+)$/m);
  // One of them comes when there is nothing left to accept it with.
  const connections: Deno.Conn[] = [];
  await until(async () => {
    const address = { hostname: "127.0.0.1", port: Number(port) };
    const connection = await Deno.connect(address).catch(() => null);
    if (connection !== null) connections.push(connection);
    return starved.printed.includes("Connections can't be accepted");
  }, { what: "connections can't be accepted" });
  expect((await starved.status).code).toBe(1);
  expect(starved.printed).toContain("Connections can't be accepted; trying again");
  expect(starved.printed).toContain("Nothing can be served any more; stopping");
  for (const connection of connections) connection.close();
});

Deno.test("a server that had no descriptors for a moment goes on, with the lessons that it has", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-descriptors-" });
  const port = freeTcpPort();
  const origin = `http://127.0.0.1:${port}`;
  try {
    await using server = new LimitedProcess("main.ts", 160, {
      DATA_DIR: dataDir,
      HOST: "127.0.0.1",
      PORT: String(port),
      MEDIA_PORT: String(10_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 10_000),
    });
    await until(() => answers(origin), { what: "the server answers" });
    const lesson = await enterLesson(origin);
    const taken: Deno.Conn[] = [];
    await until(async () => {
      for (let more = 0; more < 10; more++) {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
        if (connection !== null) taken.push(connection);
      }
      return server.printed.includes("Connections can't be accepted");
    }, { what: "connections can't be accepted" });
    for (const connection of taken) connection.close();
    await until(() => answers(origin), { what: "the server answers again" });
    const answer = new Promise<void>((resolve) => {
      lesson.onmessage = ({ data }) => {
        if (typeof data === "string" && JSON.parse(data).id === 5) resolve();
      };
    });
    lesson.send(JSON.stringify({ id: 5, method: "ping", params: {} }));
    await answer;
    lesson.close();
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

/** The socket of somebody in a lesson that was made to try. */
async function enterLesson(origin: string): Promise<WebSocket> {
  const { meetingId, student } = await (await fetch(`${origin}/api/try`, { method: "POST" }))
    .json();
  const invite = new URLSearchParams(new URL(student).hash.slice(1)).get("invite")!;
  const socket = new WebSocket(`${origin.replace("http", "ws")}/api/socket`);
  await new Promise((resolve) => socket.onopen = resolve);
  const welcome = new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
  const params = { protocol: PROTOCOL_VERSION, clientId: 1, passcode: "", meetingId, invite };
  socket.send(JSON.stringify({ id: 1, method: "hello", params }));
  expect(JSON.parse(String(await welcome))).toMatchObject({ result: { status: "joined" } });
  return socket;
}

async function answers(origin: string): Promise<boolean> {
  const response = await fetch(`${origin}/healthz`).catch(() => null);
  await response?.body?.cancel();
  return response?.ok ?? false;
}

function freeTcpPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
