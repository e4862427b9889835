/** A track that somebody sends now, on its way into the database. */
import type { MonotonicMs } from "../../rooms/clocks.ts";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import type { Kept } from "../ports.ts";
import type { Track } from "../track.ts";

/** A producer that is to be kept. */
export interface TrackSource {
  recordingId: string;
  participantId: string;
  source: MediaSource;
  kind: "audio" | "video";
  /** What is to be added to the main process's clock for the time of the lesson. */
  aheadMs: number;
}

export interface LiveTrack extends TrackSource {
  number: number;
  track: Track;
  /** Null until its first frame is kept. */
  trackId: number | null;
  /** The header that was given to be stored last. */
  header: Uint8Array | null;
  bytes: number;
  /** Nothing that comes from here on is kept: a pause leaves no trace, however long its tracks take to be stored. */
  closing: boolean;
}

/** Puts what a track has complete into `kept`; false when there is nothing. */
export function collect(live: LiveTrack, now: MonotonicMs, kept: Kept): boolean {
  const chunks = live.track.flush(now);
  const { start } = live.track;
  if (start === null || chunks.length === 0) return false;
  if (live.trackId === null) {
    live.trackId = newTrackId();
    const { recordingId, participantId, source, kind } = live;
    const { shape } = start;
    kept.tracks.push({
      trackId: live.trackId,
      recordingId,
      participantId,
      source,
      kind,
      codec: shape.codec,
      width: shape.kind === "video" ? shape.width : null,
      height: shape.kind === "video" ? shape.height : null,
      startedAt: Math.round(start.at + live.aheadMs),
      header: start.header,
    });
  } else if (live.header !== start.header && start.shape.kind === "video") {
    const { shape: { width, height }, header } = start;
    kept.sizes.push({ trackId: live.trackId, width, height, header });
  }
  live.header = start.header;
  for (const chunk of chunks) {
    kept.chunks.push({ ...chunk, trackId: live.trackId, startByte: live.bytes });
    live.bytes += chunk.data.length;
  }
  return true;
}

/** Unique over all nodes, and exact as a JSON number. */
function newTrackId(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high! & 0x1fffff) * 2 ** 32 + low!;
}
