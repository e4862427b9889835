/** Completes a track's file from what is kept of it, after its end or after the process was killed. */
import type { RecordingStore } from "./ports.ts";
import { type TrackShape, writeCues, writeHeader } from "./webm.ts";

/** An entry of a file's index for each stretch of this length; players read on from there. */
const CUE_EVERY_MS = 4000;

export async function finishTrack(store: RecordingStore, trackId: number): Promise<void> {
  const index = await store.trackIndex(trackId, CUE_EVERY_MS);
  if (index === null) return;
  const { codec, width, height, headerBytes, durationMs, clustersBytes, entries } = index;
  const shape: TrackShape = codec === "opus"
    ? { kind: "audio", codec }
    : { kind: "video", codec, width: width ?? 0, height: height ?? 0 };
  const points = entries.map(({ fromMs, startByte }) => ({ atMs: fromMs, offset: startByte }));
  const cues = writeCues(headerBytes, points);
  const header = writeHeader(shape, { durationMs, clustersBytes, cuesBytes: cues.length });
  await store.completeTrack(trackId, { header, cues });
}
