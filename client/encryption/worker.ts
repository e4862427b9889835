/**
 * Encrypts and decrypts the frames of one page, away from its main thread.
 *
 * The page says who it is once, and hands epochs in; the browser hands frames in, by RTCRtpScriptTransform or as streams.
 * Invariants: what can't be encrypted isn't sent; one worker serves one pair of keys, so counters never start again.
 */
import { KeyRing } from "../../rooms/contract/encryption/key_ring.ts";
import { FrameSealer } from "../../rooms/contract/encryption/sealer.ts";
import { secretOf } from "../../rooms/contract/encryption/secret.ts";
import type {
  EncodedFrame,
  EncodedStreams,
  ScriptTransformer,
  TransformTask,
} from "./encoded_frames.ts";
import { ReceivedSource } from "./receiving.ts";
import { SeenFrames } from "./seen_frames.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

/** The scope of a dedicated worker, as far as it is used. */
interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  onrtctransform: ((event: { transformer: ScriptTransformer }) => void) | null;
  postMessage(message: FromWorker): void;
}

/** Frames of the epochs before may still be on their way. */
const EPOCHS_HELD = 4;
/** After that nobody sends in them any more; somebody who is gone could, who has them too. */
const EPOCH_LINGER_MS = 20_000;

const scope = globalThis as unknown as Scope;
const ring = new KeyRing(EPOCHS_HELD);
const seen = new SeenFrames();
const received = new Set<ReceivedSource>();
const encoders = new Set<EncodedStreams>();
let senders: ReadonlyMap<string, number> = new Map();
let sealer: FrameSealer | null = null;

/** Messages are dealt with in the order in which they came. */
let tail = Promise.resolve();

scope.onmessage = ({ data }) => tail = tail.then(() => take(data));
scope.onrtctransform = ({ transformer }) => attach(transformer.options, transformer);

async function take(message: ToWorker): Promise<void> {
  switch (message.op) {
    case "begin":
      if (sealer !== null) throw new Error("this worker serves a page already");
      sealer = new FrameSealer(message);
      break;
    case "hold":
      ring.add(await secretOf(message.secret));
      for (const source of received) void source.pump();
      break;
    case "enter": {
      const secret = await secretOf(message.secret);
      setTimeout(ring.supersede(secret), EPOCH_LINGER_MS);
      const first = sealer?.epoch === null;
      await sealer?.enter(secret);
      // Everything before was dropped: what follows must be decodable by itself.
      if (first) { for (const streams of encoders) streams.generateKeyFrame?.().catch(() => {}); }
      for (const source of received) void source.pump();
      break;
    }
    case "leave":
      sealer?.leave();
      break;
    case "senders":
      senders = message.senders;
      for (const source of received) void source.pump();
      break;
    case "streams":
      attach(message.task, message);
      break;
  }
}

function attach(task: TransformTask, streams: EncodedStreams): void {
  const { transform, ended } = task.role === "encrypt"
    ? encrypting(task, streams)
    : decrypting(task, streams);
  // A sender or receiver that ends breaks its pipe.
  streams.readable.pipeThrough(transform).pipeTo(streams.writable).catch(() => {}).finally(ended);
}

interface Attached {
  transform: TransformStream<EncodedFrame, EncodedFrame>;
  ended(): void;
}

function encrypting(
  { source }: TransformTask,
  streams: EncodedStreams,
): Attached {
  if (source === "video" || source === "screen") encoders.add(streams);
  const transform = new TransformStream<EncodedFrame, EncodedFrame>({
    async transform(frame, controller) {
      const sealed = await sealer?.seal(new Uint8Array(frame.data), source);
      if (sealed === undefined) return;
      frame.data = sealed.buffer;
      controller.enqueue(frame);
    },
  });
  return { transform, ended: () => void encoders.delete(streams) };
}

function decrypting(
  { source, participantId, consumerId }: TransformTask & { role: "decrypt" },
  streams: EncodedStreams,
): Attached {
  let receiving: ReceivedSource;
  const transform = new TransformStream<EncodedFrame, EncodedFrame>({
    start(controller) {
      receiving = new ReceivedSource({ participantId, source }, {
        ring,
        seen,
        sender: () => senders.get(participantId),
        missing: (epoch) => scope.postMessage({ op: "missing", epoch }),
        waiting: (waiting) => scope.postMessage({ op: "waiting", participantId, source, waiting }),
        askKeyFrame() {
          streams.sendKeyFrameRequest?.().catch(() => {});
          scope.postMessage({ op: "keyFrame", consumerId });
        },
        now: () => performance.now(),
      }, (frame) => controller.enqueue(frame));
      received.add(receiving);
    },
    transform: (frame) => receiving.take(frame),
  });
  return {
    transform,
    ended() {
      received.delete(receiving);
      scope.postMessage({ op: "waiting", participantId, source, waiting: false });
    },
  };
}
