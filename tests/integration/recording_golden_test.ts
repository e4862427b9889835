/**
 * A recording as the first version kept it, database and all: whatever comes later must still play it.
 *
 * `lesson.db.gz` and what was played of it then (`lesson.json`) are never made anew.
 */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { expect } from "@std/expect";
import { type Database, openDatabase } from "../../db/database.ts";
import { SqlRecordingLibrary } from "../../recorder/store/recording_library.ts";
import { SqlRecordings } from "../../recorder/store/recordings.ts";
import { readEntries } from "../../rooms/contract/recording/log_entries.ts";
import { type Manifest, manifestSchema } from "../../rooms/contract/recording/manifest.ts";
import { documentAt } from "../../recorder/playback.ts";
import { fileOf } from "../../rooms/contract/document/reading.ts";
import { chatOf, whiteboardOf } from "../../rooms/contract/document/schema.ts";

const VECTORS = new URL("../vectors/recording-v1/", import.meta.url);

interface State {
  atMs: number;
  whiteboard: unknown;
  chat: string[];
  code: string | null;
}

interface Golden {
  manifest: Manifest;
  states: State[];
  /** SHA-256 of each track's file. */
  tracks: Record<string, string>;
}

async function stateAt(
  library: SqlRecordingLibrary,
  { recordingId, segments }: Manifest,
  atMs: number,
): Promise<State> {
  const { index } = segments.findLast(({ fromMs }) => fromMs <= atMs)!;
  const doc = documentAt(readEntries((await library.segment(recordingId, index))!)!, atMs);
  const state = {
    atMs,
    whiteboard: whiteboardOf(doc).toJSON(),
    chat: chatOf(doc).map((message) => message.get("text") as string),
    code: fileOf(doc, "f1")?.text?.toString() ?? null,
  };
  doc.destroy();
  return state;
}

async function plays(database: Database, golden: Golden): Promise<void> {
  const { manifest, states, tracks } = golden;
  const { recordingId } = manifest;
  const library = new SqlRecordingLibrary(database.query);
  const now = await library.manifest(recordingId);
  // Sizes of segments aren't promised, nor that nothing is told beside.
  const cut = (segments: Manifest["segments"]) =>
    segments.map(({ index, fromMs, toMs }) => ({ index, fromMs, toMs }));
  expect({ ...now, segments: cut(now!.segments) })
    .toMatchObject({ ...manifest, segments: cut(manifest.segments) });
  manifestSchema.parse({ ...now, you: null, mayDelete: false });
  for (const state of states) expect(await stateAt(library, manifest, state.atMs)).toEqual(state);
  for (const { trackId, bytes } of manifest.tracks) {
    const file = (await library.file(recordingId, trackId, 0, bytes))!;
    expect(createHash("sha256").update(file).digest("hex")).toBe(tracks[trackId]);
  }
}

Deno.test("a database of the first version opens, and its recording plays as it did then, also once its pause is forgotten", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lectern-golden-" });
  const path = `${folder}/lectern.db`;
  await Deno.writeFile(path, gunzipSync(await Deno.readFile(new URL("lesson.db.gz", VECTORS))));
  const golden = JSON.parse(
    await Deno.readTextFile(new URL("lesson.json", VECTORS)),
  ) as Golden;
  const database = await openDatabase({ kind: "file", path, synchronous: "normal" });
  try {
    expect(database.migrated.length).toBeGreaterThan(4);
    await plays(database, golden);
    const recordings = new SqlRecordings(database.query);
    const paused = await recordings.withPauses(Date.now(), []);
    expect(paused.length).toBe(1);
    for (const recordingId of paused) await recordings.forgetPauses(recordingId);
    await plays(database, golden);
  } finally {
    await database.close();
    await Deno.remove(folder, { recursive: true });
  }
});
