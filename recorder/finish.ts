/** Completes what is kept: tracks' files, and recordings whose meetings are over, also after the process was killed. */
import type { Quarantine } from "../rooms/quarantine.ts";
import type { RecordingStore } from "./ports.ts";
import { type TrackShape, writeCues, writeHeader } from "../rooms/contract/recording/webm.ts";

/** An entry of a file's index for each stretch of this length; players read on from there. */
const CUE_EVERY_MS = 4000;

/** Completes files. One that can't be stays as it is, and can be played like that of a lesson that runs. */
export async function finishTracks(
  store: RecordingStore,
  quarantine: Quarantine,
  now: number,
  trackIds: readonly number[],
): Promise<void> {
  for (const trackId of trackIds) {
    await quarantine.attempt("track", `${trackId}`, now, () => finishTrack(store, trackId));
  }
}

export interface OpenRecordings {
  /** Recordings that ended earlier have stored everything; Unix ms. */
  before: number;
  /** Recordings that have, by the monotonic clock: that of the machine may have been set. */
  over: readonly string[];
  /** By recording id: what somebody still records. */
  open: ReadonlyMap<string, unknown>;
  /** Whether a track still grows. */
  isLive(trackId: number): boolean;
}

/**
 * Ends recordings whose meetings are over, forgets their pauses, and completes files that are over; answers how many
 * recordings were ended. `now` is of the quarantine's clock.
 */
export async function finishLeft(
  store: RecordingStore,
  quarantine: Quarantine,
  now: number,
  { before, over, open, isLive }: OpenRecordings,
): Promise<number> {
  const paused = await store.withPauses(before, over);
  await quarantine.each("pauses", paused, now, (id) => store.forgetPauses(id));
  const abandoned = (await store.abandoned()).filter((id) => !open.has(id));
  const ended = await quarantine.each("recording", abandoned, now, async (id) => {
    await finishTracks(store, quarantine, now, await store.unfinishedTracks(id));
    await store.end(id, await store.endOf(id));
  });
  const tracks = await store.leftTracks();
  for (const id of open.keys()) tracks.push(...await store.unfinishedTracks(id));
  const left = tracks.filter((trackId) => !isLive(trackId));
  quarantine.keep("track", left.map(String));
  await finishTracks(store, quarantine, now, left);
  return ended;
}

async function finishTrack(store: RecordingStore, trackId: number): Promise<void> {
  const index = await store.trackIndex(trackId, CUE_EVERY_MS);
  if (index === null) return;
  const { codec, width, height, durationMs, clustersBytes, entries } = index;
  const shape: TrackShape = codec === "opus"
    ? { kind: "audio", codec }
    : { kind: "video", codec, width: width ?? 0, height: height ?? 0 };
  // The one that was stored at first may be an older Lectern's.
  const headerBytes = writeHeader(shape).length;
  const points = entries.map(({ fromMs, startByte }) => ({ atMs: fromMs, offset: startByte }));
  const numbers = [headerBytes, durationMs, clustersBytes].concat(
    points.flatMap(({ atMs, offset }) => [atMs, offset]),
  );
  if (!numbers.every((value) => Number.isFinite(value))) {
    throw new Error(`the clusters of track ${trackId} don't add up`);
  }
  const cues = writeCues(headerBytes, points);
  const header = writeHeader(shape, { durationMs, clustersBytes, cuesBytes: cues.length });
  await store.completeTrack(trackId, { header, cues });
}
