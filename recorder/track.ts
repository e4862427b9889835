/**
 * One track of a recording: packets of a producer in, clusters of its file out.
 *
 * It follows whichever simulcast layer the packets belong to; each has its own order and clock. Time is an argument,
 * on one monotonic clock with the packets'. Invariants: blocks never go back in time; every key frame of a video begins a cluster; a cluster holds
 * what came since the last {@linkcode Track.flush}, so flushing often loses little when the process is killed.
 */
import type { MonotonicMs } from "../rooms/clocks.ts";
import { FrameAssembler, vp8Size } from "./frames.ts";
import { JitterBuffer } from "./jitter_buffer.ts";
import type { RecordedPacket, RecordedReport } from "./packet_batch.ts";
import { type OffsetEstimator, StreamClock } from "./sender_clock.ts";
import {
  type Block,
  type TrackShape,
  writeCluster,
  writeHeader,
} from "../rooms/contract/recording/webm.ts";

/** A piece of a track's file, to be appended. Times are on the track's own timeline. */
export interface Chunk {
  fromMs: number;
  /** The end of its last frame, as far as that is known. */
  toMs: number;
  /** A player can begin here. */
  entry: boolean;
  data: Uint8Array<ArrayBuffer>;
}

/** What is known once the first frame is there. */
export interface TrackStart {
  /** Of a video: the largest size so far. */
  shape: TrackShape;
  /** The track's time 0. */
  at: MonotonicMs;
  header: Uint8Array<ArrayBuffer>;
}

const CLOCK_RATES = { audio: 48_000, video: 90_000 } as const;
/** A packet of audio has 20 ms in every browser. */
const AUDIO_FRAME_MS = 20;
const VIDEO_FRAME_MS = 33;
/** Silence that isn't sent (Opus DTX) is at most this long between two signs of life. */
const MAX_SILENCE_MS = 1000;
const MAX_CLUSTER_MS = 1000;

interface Stream {
  buffer: JitterBuffer<RecordedPacket>;
  clock: StreamClock;
  frames: FrameAssembler;
}

export class Track {
  readonly #streams = new Map<number, Stream>();
  #start: TrackStart | null = null;
  #blocks: Block[] = [];
  #chunks: Chunk[] = [];
  #lastMs = -1;
  #layer = -1;
  #lost = 0;
  #arrived = false;
  #starves = false;

  constructor(
    readonly kind: "audio" | "video",
    /** Shared by all tracks of one participant. */
    private readonly sender: OffsetEstimator,
    /** Nothing that was sent earlier is kept: a pause ended there. */
    private readonly notBefore: MonotonicMs = -Infinity,
  ) {}

  /** Null until the first frame that can be begun with; another one once a larger picture came. */
  get start(): TrackStart | null {
    return this.#start;
  }

  /** Where the last frame begins, ms from the track's start; −1 before the first. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Packets that never came. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether packets came before the last {@linkcode Track.flush} that are worth nothing without a new key frame. */
  get starves(): boolean {
    return this.#starves;
  }

  receive(packet: RecordedPacket): void {
    this.#arrived = true;
    const stream = this.#stream(packet.layer);
    if (packet.layer !== this.#layer) {
      if (this.#layer >= 0) {
        this.#drain(this.#layer, Infinity);
        stream.buffer.reset();
        stream.frames.interrupt();
      }
      this.#layer = packet.layer;
    }
    stream.clock.arrived(packet.timestamp, packet.at);
    stream.buffer.push(packet);
    this.#drain(packet.layer, packet.at);
  }

  report(report: RecordedReport): void {
    this.#stream(report.layer).clock.report(report.timestamp, report.ntpMs);
  }

  /** Packets stopped on purpose (muted, paused): what comes next is no loss. */
  interrupt(): void {
    for (const layer of this.#streams.keys()) {
      this.#drain(layer, Infinity);
      const stream = this.#stream(layer);
      stream.buffer.reset();
      stream.frames.interrupt();
    }
  }

  /** The pieces that are complete at `now`. */
  flush(now: MonotonicMs): Chunk[] {
    if (this.#layer >= 0) this.#drain(this.#layer, now);
    this.#endCluster();
    this.#starves = this.#arrived && this.#streams.get(this.#layer)?.frames.waitsForKey === true;
    this.#arrived = false;
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  #stream(layer: number): Stream {
    let stream = this.#streams.get(layer);
    if (stream === undefined) {
      stream = {
        buffer: new JitterBuffer(),
        clock: new StreamClock(CLOCK_RATES[this.kind], this.sender),
        frames: new FrameAssembler(this.kind),
      };
      this.#streams.set(layer, stream);
    }
    return stream;
  }

  #drain(layer: number, now: number): void {
    const { buffer, clock, frames } = this.#stream(layer);
    for (const { packet, lost } of buffer.pull(now)) {
      if (lost > 0) {
        this.#lost += lost;
        frames.interrupt();
      }
      const frame = frames.push(packet);
      if (frame === undefined) continue;
      const at = clock.place(frame.timestamp);
      if (at === undefined) continue;
      // A frame of video that is left out takes those with it that build on it.
      if (this.#start === null && at < this.notBefore) frames.interrupt();
      else this.#keep(frame, at);
    }
  }

  #keep(frame: { keyFrame: boolean; data: Uint8Array }, at: number): void {
    const start = this.#start ??= this.#begin(frame.data, at);
    if (start === null) return;
    if (frame.keyFrame && this.kind === "video") {
      this.#endCluster();
      this.#grow(start, frame.data);
    }
    const atMs = Math.max(Math.round(at - start.at), this.#lastMs + 1);
    if (this.kind === "audio") this.#fillSilence(atMs, frame.data);
    this.#append({ atMs, keyFrame: frame.keyFrame, data: frame.data });
  }

  #begin(frame: Uint8Array, at: number): TrackStart | null {
    if (this.kind === "audio") {
      const shape = { kind: "audio", codec: "opus" } as const;
      return { shape, at, header: writeHeader(shape) };
    }
    const size = vp8Size(frame);
    if (size === undefined) return null;
    const shape = { kind: "video", codec: "vp8", ...size } as const;
    return { shape, at, header: writeHeader(shape) };
  }

  /** A sender begins with a small layer; the header is to tell of the largest. */
  #grow({ shape, at }: TrackStart, frame: Uint8Array): void {
    const size = vp8Size(frame);
    if (size === undefined || shape.kind === "audio") return;
    if (size.width * size.height <= shape.width * shape.height) return;
    const grown = { ...shape, ...size };
    this.#start = { shape: grown, at, header: writeHeader(grown) };
  }

  /**
   * Says "silence" where the sender, having nothing to say, sent nothing: a frame of a header alone
   * (RFC 6716 §3.4, RFC 7845 §4.1). A player would otherwise wait at each such gap for audio to come.
   */
  #fillSilence(untilMs: number, next: Uint8Array): void {
    if (this.#lastMs < 0 || untilMs - this.#lastMs > MAX_SILENCE_MS) return;
    const silence = new Uint8Array([next[0]! & 0xfc]);
    while (untilMs - this.#lastMs >= 2 * AUDIO_FRAME_MS) {
      this.#append({ atMs: this.#lastMs + AUDIO_FRAME_MS, keyFrame: true, data: silence });
    }
  }

  #append(block: Block): void {
    const first = this.#blocks[0];
    if (first !== undefined && block.atMs - first.atMs >= MAX_CLUSTER_MS) this.#endCluster();
    this.#blocks.push(block);
    this.#lastMs = block.atMs;
  }

  #endCluster(): void {
    const first = this.#blocks[0];
    const last = this.#blocks.at(-1);
    if (first === undefined || last === undefined) return;
    const frameMs = this.kind === "audio" ? AUDIO_FRAME_MS : VIDEO_FRAME_MS;
    this.#chunks.push({
      fromMs: first.atMs,
      toMs: last.atMs + frameMs,
      entry: first.keyFrame,
      data: writeCluster(this.#blocks),
    });
    this.#blocks = [];
  }
}
