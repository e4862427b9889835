/**
 * The media process: a core, a socket, and a pipe to the main process.
 *
 * It runs with the permissions that media needs and no others: no files, no subprocesses. It ends when the pipe does,
 * so none survives the main process.
 */
import { MediaCore } from "../engine/core.ts";
import { MediaError } from "../media_engine.ts";
import { mayBeBindingRequest } from "../packets/stun.ts";
import {
  type ControlReply,
  type ControlRequest,
  encodeBytes,
  encodeFrame,
  FrameReader,
} from "./control_frames.ts";
import { createDtlsFactory } from "./crypto/dtls.ts";
import { runMediaLoop } from "./media_loop.ts";
import { systemRandomness } from "./crypto/randomness.ts";
import { collectBatches } from "./recorded_batches.ts";
import { openMediaPort } from "./media_port.ts";

/** How often the main process hears that this one lives. */
export const ALIVE_MS = 200;
/** The main process reads slowly or not at all beyond this. */
const MAX_UNSENT_BYTES = 16 << 20;
/** Recorded media gives way long before that. */
const MAX_UNSENT_MEDIA_BYTES = 8 << 20;
const MAX_FAULTS_PER_SECOND = 5;

/** The core's methods that the main process may call, with arguments as the engine's interface has them. */
type Callable = {
  [Name in keyof MediaCore]: MediaCore[Name] extends (...args: infer Args) => unknown
    ? Args extends unknown[] ? Name : never
    : never;
}[keyof MediaCore];

const CALLABLE: ReadonlySet<string> = new Set<Callable>([
  "closeRouter",
  "createTransport",
  "connectTransport",
  "restartIce",
  "closeTransport",
  "produce",
  "setProducerPaused",
  "record",
  "closeProducer",
  "consume",
  "setConsumerPaused",
  "setConsumerSize",
  "closeConsumer",
  "stats",
  "counters",
]);

const output = Deno.stdout.writable.getWriter();
let unsentBytes = 0;

function say(reply: ControlReply): void {
  send(encodeFrame(reply));
}

function hand(batch: Uint8Array): void {
  if (unsentBytes < MAX_UNSENT_MEDIA_BYTES) send(encodeBytes(batch));
}

function send(frame: Uint8Array<ArrayBuffer>): void {
  unsentBytes += frame.length;
  if (unsentBytes > MAX_UNSENT_BYTES) Deno.exit(1);
  output.write(frame).then(
    () => {
      unsentBytes -= frame.length;
    },
    () => Deno.exit(0),
  );
}

let faults = 0;

function onFault(error: unknown): void {
  if (faults++ >= MAX_FAULTS_PER_SECOND) return;
  say({
    type: "fault",
    message: error instanceof Error ? error.stack ?? error.message : `${error}`,
  });
}

/** A core that serves, and how to end it. */
interface Serving {
  core: MediaCore;
  stop(): Promise<void>;
}

async function start(request: Extract<ControlRequest, { type: "start" }>): Promise<Serving> {
  const socket = await openMediaPort({ ...request, introduces: mayBeBindingRequest });
  const recorded = collectBatches(hand);
  const core = new MediaCore({
    socket,
    dtls: createDtlsFactory(),
    random: systemRandomness,
    announcedAddress: request.announcedAddress,
    idPrefix: request.idPrefix,
    recording: recorded.sink,
  });
  const loop = runMediaLoop({ socket, core, dedicated: true, onFault });
  say({
    type: "ready",
    at: performance.now(),
    port: socket.port,
    tcp: socket.takesTcp === true,
  });
  const beat = setInterval(() => {
    faults = 0;
    say({ type: "alive", at: performance.now() });
  }, ALIVE_MS);
  return {
    core,
    stop: async () => {
      clearInterval(beat);
      recorded.stop();
      // The peers are told by DTLS, and need not wait for their own time-outs.
      core.close();
      socket.flush();
      loop.stop();
      socket.close();
      await loop.ended;
    },
  };
}

function call(core: MediaCore, request: Extract<ControlRequest, { type: "call" }>): unknown {
  const { method, args } = request;
  if (method === "createRouter") {
    const routerId: string = core.createRouter((event) => say({ type: "event", routerId, event }));
    return routerId;
  }
  if (!CALLABLE.has(method)) throw new TypeError(`no method ${method}`);
  const target = core[method as Callable] as (...args: unknown[]) => unknown;
  return target.apply(core, args);
}

function answer(core: MediaCore, request: Extract<ControlRequest, { type: "call" }>): void {
  try {
    say({ type: "result", id: request.id, value: call(core, request) ?? null });
  } catch (error) {
    if (error instanceof MediaError) {
      say({ type: "error", id: request.id, code: error.code, message: error.message });
    } else {
      onFault(error);
      say({ type: "error", id: request.id, message: "the media process failed" });
    }
  }
}

async function main(): Promise<void> {
  const reader = new FrameReader();
  let serving: Serving | undefined;
  for await (const piece of Deno.stdin.readable) {
    for (const message of reader.push(piece)) {
      const request = message as ControlRequest;
      if (request.type === "start") serving = await start(request);
      else if (serving !== undefined) answer(serving.core, request);
    }
  }
  await serving?.stop();
}

/** A terminal or service manager signals the whole group; the main process decides when media ends. */
function ignoreSignals(): void {
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener("SIGTERM", () => {});
}

if (import.meta.main) {
  try {
    ignoreSignals();
    await main();
    Deno.exit(0);
  } catch (error) {
    const message = error instanceof Error ? error.message : `${error}`;
    await output.write(encodeFrame({ type: "failed", message })).catch(() => {});
    Deno.exit(1);
  }
}
