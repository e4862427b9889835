/**
 * The recording's log on this page: segments are fetched when the clock comes near them, and few are held at a time.
 *
 * Invariant: what `entriesOf` answers only ever grows at its end, so that whoever has played a part of it can go on.
 */
import type { LogEntry } from "../../../../rooms/contract/recording/log_entries.ts";
import type { Manifest } from "../../../../rooms/contract/recording/manifest.ts";
import type { RecordingApi } from "./api.ts";

export type SegmentManifest = Manifest["segments"][number];

interface Held {
  entries: LogEntry[];
  /** Everything up to here is held. */
  throughMs: number;
  bytes: number;
  usedAt: number;
}

/** About an hour of a busy lesson. */
const MAX_HELD_BYTES = 24 * 1024 * 1024;

export class RecordingLog {
  readonly #held = new Map<number, Held>();
  readonly #coming = new Map<number, Promise<void>>();
  #uses = 0;

  constructor(private readonly api: RecordingApi, private manifest: Manifest) {}

  /** A lesson that still runs has grown. */
  update(manifest: Manifest): void {
    this.manifest = manifest;
  }

  /** The segment that this time lies in; undefined when there is none at all. */
  segmentAt(atMs: number): SegmentManifest | undefined {
    return segmentAt(this.manifest.segments, atMs);
  }

  /** What is held of a segment, when it reaches to `atMs`; undefined says that {@linkcode load} is needed first. */
  entriesOf(segment: SegmentManifest, atMs: number): readonly LogEntry[] | undefined {
    const held = this.#held.get(segment.index);
    if (held === undefined || held.throughMs < Math.min(atMs, segment.toMs)) return undefined;
    held.usedAt = ++this.#uses;
    return held.entries;
  }

  /** Fetches what is missing of a segment. */
  load(segment: SegmentManifest): Promise<void> {
    const coming = this.#coming.get(segment.index);
    if (coming !== undefined) return coming;
    const loading = this.#load(segment).finally(() => this.#coming.delete(segment.index));
    this.#coming.set(segment.index, loading);
    return loading;
  }

  async #load(segment: SegmentManifest): Promise<void> {
    const held = this.#held.get(segment.index);
    const { toMs } = segment;
    if (held === undefined) {
      const entries = await this.api.segment(segment.index);
      this.#held.set(segment.index, {
        entries,
        throughMs: toMs,
        bytes: bytesOf(entries),
        usedAt: ++this.#uses,
      });
    } else if (held.throughMs < toMs) {
      // Both ends are included: what stands at the seam comes twice, which changes nothing.
      const entries = await this.api.log(held.throughMs, toMs);
      const last = held.entries.at(-1)?.atMs ?? 0;
      held.entries.push(...entries.filter(({ atMs }) => atMs >= last));
      held.bytes += bytesOf(entries);
      held.throughMs = toMs;
    }
    this.#letGo(segment.index);
  }

  #letGo(keep: number): void {
    const sum = () => [...this.#held.values()].reduce((total, { bytes }) => total + bytes, 0);
    while (this.#held.size > 2 && sum() > MAX_HELD_BYTES) {
      const [oldest] = [...this.#held].filter(([index]) => index !== keep)
        .sort(([, one], [, other]) => one.usedAt - other.usedAt);
      if (oldest === undefined) return;
      this.#held.delete(oldest[0]);
    }
  }
}

/** The newest segment that begins at or before this time, or the first. */
export function segmentAt(
  segments: readonly SegmentManifest[],
  atMs: number,
): SegmentManifest | undefined {
  return segments.findLast(({ fromMs }) => fromMs <= atMs) ?? segments[0];
}

function bytesOf(entries: readonly LogEntry[]): number {
  return entries.reduce((bytes, { payload }) => bytes + payload.length + 64, 0);
}
