/**
 * Debian's janus with its videoroom plugin, started with a configuration of its own in a temporary folder.
 *
 * Everything is as it is shipped, full ICE included. Its API goes over a WebSocket on loopback.
 */
import { LoadPath } from "./path.ts";
import { describe, outwardAddress, serverSide } from "./sdp.ts";
import type { Publication, SfuServer } from "./servers.ts";

interface JanusMessage {
  janus: string;
  transaction?: string;
  data?: { id: number };
  plugindata?: { data: Record<string, unknown> };
  jsep?: { type: string; sdp: string };
}

const START_LIMIT_MS = 10_000;
const LIBRARIES = `/usr/lib/${
  Deno.build.arch === "aarch64" ? "aarch64" : "x86_64"
}-linux-gnu/janus`;

export async function startJanus(options: { eventLoops: number }): Promise<SfuServer> {
  const address = outwardAddress();
  const folder = await Deno.makeTempDir({ prefix: "lectern-janus-" });
  const port = freePort();
  await configure(folder, address, port, options.eventLoops);
  const child = new Deno.Command("/usr/bin/janus", {
    args: ["-F", folder, "-d", "2", "-C", `${folder}/janus.jcfg`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const api = await JanusApi.connect(`ws://127.0.0.1:${port}`);
  let rooms = 0;
  return {
    pids: [child.pid],
    address,
    createRoom: async () => {
      const room = ++rooms;
      await api.ask(await api.attach(), {
        request: "create",
        room,
        publishers: 100,
        bitrate: 0,
        audiocodec: "opus",
        videocodec: "vp8",
      });
      return room;
    },
    publish: async (room, kind, ssrc, connect) => {
      const path = new LoadPath(connect.sockets, address);
      const handle = await api.attach();
      const answer = await api.ask(handle, {
        request: "joinandconfigure",
        ptype: "publisher",
        room,
        id: ssrc,
      }, { type: "offer", sdp: describe(kind, path, "sendonly", ssrc) });
      path.connect(serverSide(answer.jsep?.sdp));
      await connect.up(path);
      return { path, handle: ssrc } satisfies Publication;
    },
    subscribe: async (room, publication, connect) => {
      const path = new LoadPath(connect.sockets, address);
      const handle = await api.attach();
      const offer = await api.ask(handle, {
        request: "join",
        ptype: "subscriber",
        room,
        streams: [{ feed: publication.handle }],
      });
      const sdp = offer.jsep?.sdp;
      const kind = /m=audio/.test(sdp ?? "") ? "audio" : "video";
      path.connect({ ...serverSide(sdp), controlling: true });
      await api.ask(handle, { request: "start", room }, {
        type: "answer",
        sdp: describe(kind, path, "recvonly"),
      });
      await connect.up(path);
      return path;
    },
    [Symbol.asyncDispose]: async () => {
      api.close();
      child.kill("SIGTERM");
      const forced = setTimeout(() => child.kill("SIGKILL"), 5000);
      await child.status;
      clearTimeout(forced);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

async function configure(
  folder: string,
  address: string,
  port: number,
  eventLoops: number,
): Promise<void> {
  const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
  await write(
    "janus.jcfg",
    `general: {
  configs_folder = "${folder}"
  plugins_folder = "${LIBRARIES}/plugins"
  transports_folder = "${LIBRARIES}/transports"
  events_folder = "${LIBRARIES}/events"
  loggers_folder = "${LIBRARIES}/loggers"
  debug_level = 2
  session_timeout = 0
  ${eventLoops > 0 ? `event_loops = ${eventLoops}` : ""}
}
nat: {
  ice_enforce_list = "${address}"
}
plugins: {
  disable = "libjanus_audiobridge.so,libjanus_echotest.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_nosip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so,libjanus_lua.so,libjanus_duktape.so"
}
transports: {
  disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so"
}
`,
  );
  await write(
    "janus.transport.websockets.jcfg",
    `general: { ws = true, ws_port = ${port}, ws_ip = "127.0.0.1", wss = false }\n`,
  );
  await write("janus.plugin.videoroom.jcfg", "general: { }\n");
}

/** One session, in which every connection is a handle. */
class JanusApi {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (message: JanusMessage) => void>();
  #session = 0;
  #transactions = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data) as JanusMessage);
  }

  static async connect(url: string): Promise<JanusApi> {
    const limitMs = performance.now() + START_LIMIT_MS;
    for (;;) {
      const socket = new WebSocket(url, "janus-protocol");
      const opened = await new Promise<boolean>((resolve) => {
        socket.onopen = () => resolve(true);
        socket.onerror = () => resolve(false);
      });
      if (opened) {
        const api = new JanusApi(socket);
        api.#session = (await api.#request({ janus: "create" })).data?.id ?? 0;
        return api;
      }
      if (performance.now() > limitMs) throw new Error("janus didn't start");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async attach(): Promise<number> {
    const { data } = await this.#request({ janus: "attach", plugin: "janus.plugin.videoroom" });
    return data?.id ?? 0;
  }

  async ask(
    handle: number,
    body: Record<string, unknown>,
    jsep?: { type: string; sdp: string },
  ): Promise<JanusMessage> {
    const message = await this.#request({
      janus: "message",
      handle_id: handle,
      body,
      ...(jsep === undefined ? {} : { jsep }),
    });
    const error = message.plugindata?.data["error"];
    if (error !== undefined) throw new Error(`janus refused ${body["request"]}: ${error}`);
    return message;
  }

  async #request(message: Record<string, unknown>): Promise<JanusMessage> {
    const transaction = `t${++this.#transactions}`;
    const answered = new Promise<JanusMessage>((resolve) =>
      this.#waiting.set(transaction, resolve)
    );
    const session = this.#session === 0 ? {} : { session_id: this.#session };
    this.#socket.send(JSON.stringify({ ...message, ...session, transaction }));
    const answer = await answered;
    if (answer.janus === "error") throw new Error(`janus: ${JSON.stringify(answer)}`);
    return answer;
  }

  #receive(message: JanusMessage): void {
    // "ack" means that the answer comes later, as an event.
    if (message.transaction === undefined || message.janus === "ack") return;
    this.#waiting.get(message.transaction)?.(message);
    this.#waiting.delete(message.transaction);
  }

  close(): void {
    this.#socket.close();
  }
}
