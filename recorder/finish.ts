/** Completes a track's file from what is kept of it, after its end or after the process was killed. */
import type { RecordingStore } from "./ports.ts";
import { type TrackShape, writeCues, writeHeader } from "./webm.ts";

/** Between two entries of a file's index; players read on from there. */
const CUE_EVERY_MS = 4000;

export async function finishTrack(store: RecordingStore, trackId: number): Promise<void> {
  const index = await store.trackIndex(trackId);
  if (index === null) return;
  const { codec, width, height, chunks, headerBytes } = index;
  const shape: TrackShape = codec === "opus"
    ? { kind: "audio", codec }
    : { kind: "video", codec, width: width ?? 0, height: height ?? 0 };
  let nextMs = 0;
  const points: { atMs: number; offset: number }[] = [];
  for (const { fromMs, entry, startByte } of chunks) {
    if (!entry || fromMs < nextMs) continue;
    points.push({ atMs: fromMs, offset: startByte });
    nextMs = fromMs + CUE_EVERY_MS;
  }
  const cues = writeCues(headerBytes, points);
  const last = chunks.at(-1);
  const header = writeHeader(shape, {
    durationMs: last?.toMs ?? 0,
    clustersBytes: last === undefined ? 0 : last.startByte + last.bytes,
    cuesBytes: cues.length,
  });
  await store.completeTrack(trackId, { header, cues });
}
