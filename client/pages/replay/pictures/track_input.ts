/**
 * A track as mediabunny reads it: its header, then cluster after cluster as they are needed.
 *
 * Invariant: what is held is what the decoder works on and one answer of the server; nothing is read ahead of need.
 */
import { Input, ReadableStreamSource, WEBM } from "mediabunny";
import type { TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import { RecordingProblem, type TrackSource } from "../recording/api.ts";

const REQUEST_MS = 10_000;
const CACHE_BYTES = 8 * 1024 * 1024;
const TRIES = 5;
const RETRY_MS = 1500;

export interface Reach {
  fromMs: number;
  /** Nothing that begins later is asked for. */
  toMs: number;
}

/** Times in it are the track's own, in seconds. Dispose of it. */
export function trackInput(source: TrackSource, track: TrackManifest, reach: Reach): Input {
  const reading = new AbortController();
  const pieces = piecesOf(source, track, reach, reading.signal);
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => reading.abort(),
  }, { highWaterMark: 0 });
  return new Input({
    formats: [WEBM],
    // Whoever reads next is told.
    source: new ReadableStreamSource(stream, {
      maxCacheSize: CACHE_BYTES,
      handleUnhandledError: () => {},
    }),
  });
}

async function* piecesOf(
  source: TrackSource,
  track: TrackManifest,
  reach: Reach,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { trackId, startMs, durationMs } = track;
  yield await retried(() => source.trackHeader(trackId, signal), signal);
  const endMs = Math.min(reach.toMs, startMs + durationMs);
  let fromMs = Math.max(reach.fromMs, startMs);
  for (let on = false; fromMs < endMs; on = true) {
    const stretch = { fromMs, toMs: Math.min(endMs, fromMs + REQUEST_MS), on };
    const clusters = await retried(() => source.clusters(trackId, stretch, signal), signal);
    if (clusters === null) return;
    if (clusters.bytes.length > 0) yield clusters.bytes;
    fromMs = clusters.toMs > fromMs ? clusters.toMs : stretch.toMs;
  }
}

/** A network that is away for a moment doesn't end what takes minutes. */
async function retried<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let left = TRIES;; left--) {
    try {
      return await ask();
    } catch (error) {
      const isPassing = error instanceof RecordingProblem && error.code === "unreachable";
      if (!isPassing || left === 1 || signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
