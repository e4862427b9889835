/**
 * People who draw, for measuring a sync server: the same strokes over either wire.
 *
 * A client applies nothing of what it receives while drawing; it looks for the mark that each update carries, with
 * the time at which it was sent. What is drawn is made beforehand, so that this process hardly collects garbage: its
 * pauses would count as the server's.
 */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as sync from "y-protocols/sync";
import * as Y from "yjs";
import {
  readFrame,
  writeSyncStep1,
  writeSyncStep2,
  writeUpdates,
} from "../../../rooms/contract/protocol/frames.ts";
import { PROTOCOL_VERSION } from "../../../rooms/contract/protocol/messages.ts";

export interface Lesson {
  room: string;
  keys: string[];
}

/** How a server wants to be greeted and spoken to. */
export interface Wire {
  greet(send: Send, lesson: Lesson, key: string, doc: Y.Doc): void;
  /** Reads what arrived; answers what it brought for the document. */
  receive(data: string | Uint8Array, send: Send, lesson: Lesson, doc: Y.Doc): Brought;
  update(update: Uint8Array, lesson: Lesson): Uint8Array;
}

export interface Brought {
  updates: Uint8Array[];
  /** Among them the answer to our question. */
  synced: boolean;
}

type Send = (data: string | Uint8Array) => void;

const NOTHING: Brought = { updates: [], synced: false };

export const lecternWire: Wire = {
  greet(send, { room }, key, doc) {
    const params = {
      protocol: PROTOCOL_VERSION,
      meetingId: room,
      passcode: "",
      invite: key,
      clientId: doc.clientID,
    };
    send(JSON.stringify({ id: 1, method: "hello", params }));
  },
  receive(data, send, _lesson, doc) {
    if (typeof data === "string") {
      if ("result" in JSON.parse(data)) send(writeSyncStep1(Y.encodeStateVector(doc)));
      return NOTHING;
    }
    const brought: Brought = { updates: [], synced: false };
    for (const message of readFrame(data) ?? []) {
      if (message.type === "syncStep1") {
        send(writeSyncStep2(Y.encodeStateAsUpdate(doc, message.stateVector)));
      } else if (message.type !== "presence") {
        brought.updates.push(message.update);
        brought.synced ||= message.type === "syncStep2";
      }
    }
    return brought;
  },
  update: (update) => writeUpdates([update]),
};

/** Message types of hocuspocus 4; each frame begins with the document's name. */
const HOCUSPOCUS = { sync: 0, auth: 2, syncReply: 4 };

export const hocuspocusWire: Wire = {
  greet(send, lesson, key, doc) {
    const auth = encoding.createEncoder();
    encoding.writeVarString(auth, lesson.room);
    encoding.writeVarUint(auth, HOCUSPOCUS.auth);
    encoding.writeVarUint(auth, 0);
    encoding.writeVarString(auth, key);
    send(encoding.toUint8Array(auth));
    send(hocuspocusSync(lesson, (encoder) => sync.writeSyncStep1(encoder, doc)));
  },
  receive(data, send, lesson, doc) {
    if (typeof data === "string") return NOTHING;
    const decoder = decoding.createDecoder(data);
    decoding.readVarString(decoder);
    const type = decoding.readVarUint(decoder);
    if (type !== HOCUSPOCUS.sync && type !== HOCUSPOCUS.syncReply) return NOTHING;
    const step = decoding.readVarUint(decoder);
    const bytes = decoding.readVarUint8Array(decoder);
    if (step !== sync.messageYjsSyncStep1) {
      return { updates: [bytes], synced: step === sync.messageYjsSyncStep2 };
    }
    send(hocuspocusSync(lesson, (encoder) => sync.writeSyncStep2(encoder, doc, bytes)));
    return NOTHING;
  },
  update: (update, lesson) =>
    hocuspocusSync(lesson, (encoder) => sync.writeUpdate(encoder, update)),
};

function hocuspocusSync(lesson: Lesson, write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, lesson.room);
  encoding.writeVarUint(encoder, HOCUSPOCUS.sync);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

/** Begins every chunk of points; eight bytes that don't occur by chance. */
const MARK = new Uint8Array([0xf1, 0x4c, 0x45, 0x43, 0x54, 0x52, 0x4e, 0x1f]);
const CHUNK_BYTES = 32;
const CHUNKS_PER_STROKE = 20;

/** What all clients of a run have seen. */
export class Tally {
  sent = 0;
  counting = false;
  /** Resolves when somebody has nothing left to draw: what is measured ends there. */
  readonly exhausted: Promise<void>;
  exhaust: () => void = () => {};
  readonly #latencies: Float64Array;
  #arrived = 0;

  /** `most`: arrivals that there is room for. */
  constructor(most = 0) {
    this.#latencies = new Float64Array(most);
    this.exhausted = new Promise((resolve) => this.exhaust = resolve);
  }

  arrive(latencyMs: number): void {
    if (this.#arrived === this.#latencies.length) throw new Error("more arrived than was sent");
    this.#latencies[this.#arrived++] = latencyMs;
  }

  /** Milliseconds from a change to its arrival at somebody else, ascending. */
  latencies(): Float64Array {
    return this.#latencies.slice(0, this.#arrived).sort();
  }
}

export class Artist {
  readonly doc = new Y.Doc();
  readonly synced: Promise<void>;
  readonly #socket: WebSocket;
  #resolveSynced: () => void = () => {};
  #frames: Uint8Array<ArrayBuffer>[] = [];
  #drawn = 0;
  #watching = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    url: string,
    private readonly wire: Wire,
    private readonly lesson: Lesson,
    key: string,
    private readonly tally: Tally,
  ) {
    this.synced = new Promise((resolve) => this.#resolveSynced = resolve);
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    const send: Send = (data) => this.#socket.send(data as string | Uint8Array<ArrayBuffer>);
    this.#socket.onopen = () => wire.greet(send, lesson, key, this.doc);
    this.#socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      const bytes = typeof data === "string" ? data : new Uint8Array(data);
      if (this.#watching && typeof bytes !== "string") return this.#look(bytes);
      const { updates, synced } = wire.receive(bytes, send, lesson, this.doc);
      for (const update of updates) Y.applyUpdate(this.doc, update, this);
      if (synced) this.#resolveSynced();
    };
    this.doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== this) send(this.wire.update(update, this.lesson));
    });
  }

  /** Gets `count` updates ready, once synced. */
  prepare(count: number): void {
    const drawing = new Y.Doc();
    drawing.clientID = this.doc.clientID;
    drawing.on("update", (update: Uint8Array) => {
      this.#frames.push(Uint8Array.from(this.wire.update(update, this.lesson)));
    });
    for (let n = 0; n < count; n += CHUNKS_PER_STROKE) {
      const points = new Y.Array<Uint8Array>();
      const props = new Y.Map<unknown>([["segments", points]]);
      const record = new Y.Map<unknown>([["type", "draw"], ["props", props]]);
      drawing.transact(() => {
        drawing.getMap("whiteboard").set(`shape:${drawing.clientID}/${n}`, record);
        points.push([chunk(drawing.clientID)]);
      });
      for (let m = 1; m < CHUNKS_PER_STROKE; m++) points.push([chunk(drawing.clientID)]);
    }
  }

  /** From here on what was prepared is sent, `perSecond` updates of it, and others' looked for. */
  draw(perSecond: number, phaseMs: number): void {
    this.#watching = true;
    const begin = () => {
      this.#timer = setInterval(() => this.#flush(), 1000 / perSecond);
    };
    setTimeout(begin, phaseMs);
  }

  /** Makes `count` records of a whiteboard, a few hundred an update. */
  fill(count: number): void {
    const board = this.doc.getMap("whiteboard");
    for (let start = 0; start < count; start += 250) {
      this.doc.transact(() => {
        for (let n = start; n < Math.min(count, start + 250); n++) {
          const record = Object.entries({
            x: n,
            y: n * 2,
            kind: "note",
            text: `Record ${n}`,
            color: "blue",
          });
          board.set(`shape:${n}`, new Y.Map<unknown>(record));
        }
      });
    }
  }

  /** Resolves when the whiteboard has so many records; rejects after `limitMs`. */
  holds(count: number, limitMs: number): Promise<void> {
    const board = this.doc.getMap("whiteboard");
    return new Promise((resolve, reject) => {
      const look = () => {
        if (board.size < count) return;
        clearTimeout(limit);
        this.doc.off("update", look);
        resolve();
      };
      const limit = setTimeout(() => {
        this.doc.off("update", look);
        reject(new Error(`${board.size} of ${count} records came within ${limitMs} ms`));
      }, limitMs);
      this.doc.on("update", look);
      look();
    });
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    return new Promise((resolve) => {
      this.#socket.onclose = () => resolve();
      this.#socket.close();
    });
  }

  /** What a pen sends every 50 ms: a chunk of points behind the stroke so far. */
  #flush(): void {
    const frame = this.#frames[this.#drawn++];
    if (frame === undefined) return this.tally.exhaust();
    const view = new DataView(frame.buffer);
    const last = frame.length - CHUNK_BYTES;
    for (let at = frame.indexOf(0xf1); at >= 0 && at <= last; at = frame.indexOf(0xf1, at + 1)) {
      if (marked(frame, at)) view.setFloat64(at + MARK.length, performance.now());
    }
    this.#socket.send(frame);
    if (this.tally.counting) this.tally.sent++;
  }

  #look(frame: Uint8Array): void {
    if (!this.tally.counting) return;
    const now = performance.now();
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const last = frame.length - MARK.length - 12;
    for (let at = frame.indexOf(0xf1); at >= 0 && at <= last; at = frame.indexOf(0xf1, at + 1)) {
      // Hocuspocus also sends everybody their own changes back.
      const own = view.getUint32(at + MARK.length + 8) === this.doc.clientID;
      if (!own && marked(frame, at)) this.tally.arrive(now - view.getFloat64(at + MARK.length));
    }
  }
}

/** Points of a stroke, with room for the time behind the mark. */
function chunk(clientId: number): Uint8Array {
  const bytes = new Uint8Array(CHUNK_BYTES);
  bytes.set(MARK);
  new DataView(bytes.buffer).setUint32(MARK.length + 8, clientId);
  return bytes;
}

function marked(frame: Uint8Array, at: number): boolean {
  for (let n = 0; n < MARK.length; n++) if (frame[at + n] !== MARK[n]) return false;
  return true;
}
