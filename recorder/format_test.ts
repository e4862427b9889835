import { expect } from "@std/expect";
import { readEntries } from "../rooms/contract/recording/log_entries.ts";
import { FORMAT_VERSION, manifestSchema } from "../rooms/contract/recording/manifest.ts";
import { documentAt } from "./playback.ts";
import { OffsetEstimator } from "./sender_clock.ts";
import { simulateSender } from "./testing/simulated_sender.ts";
import { Track } from "./track.ts";
import { COLOUR, withColour } from "../rooms/contract/recording/webm_colour.ts";
import { writeCues, writeHeader } from "../rooms/contract/recording/webm.ts";

/** Recordings as version 1 made them. They are never made anew: whatever comes later must still play them. */
const GOLDEN = new URL("../tests/vectors/recording-v1/", import.meta.url);

const golden = async (name: string) => await Deno.readFile(new URL(name, GOLDEN));

/** Two seconds of made-up video as a finished file: its header, its clusters, its cues. */
function makeFile() {
  const track = new Track("video", new OffsetEstimator());
  for (const item of simulateSender(2000, { kind: "video", keyFrameEvery: 20, packetBytes: 40 })) {
    if (item.type === "packet") track.receive(item);
    else track.report(item);
  }
  const chunks = track.flush(Infinity);
  const { shape, header } = track.start!;
  let clustersBytes = 0;
  const points = chunks.map(({ fromMs, data }) => {
    const point = { atMs: fromMs, offset: clustersBytes };
    clustersBytes += data.length;
    return point;
  });
  const cues = writeCues(header.length, points);
  const durationMs = chunks.at(-1)!.toMs;
  const finished = writeHeader(shape, { durationMs, clustersBytes, cuesBytes: cues.length });
  expect(finished.length).toBe(header.length);
  const clusters = new Uint8Array(chunks.flatMap(({ data }) => [...data]));
  return { header: finished, clusters, cues };
}

Deno.test("a track of format version 1 is written byte by byte as ever, but that its header tells its colours", async () => {
  expect(FORMAT_VERSION).toBe(1);
  const { header, clusters, cues } = makeFile();
  const file = await golden("track.webm");
  const headerBytes = header.length - COLOUR.length;
  const cuesAt = headerBytes + clusters.length;
  expect(file.subarray(headerBytes, cuesAt)).toEqual(clusters);
  expect(file.length - cuesAt).toBe(cues.length);
  expect(withColour(file.slice(0, headerBytes)).subarray(-COLOUR.length)).toEqual(COLOUR);
});

Deno.test("a segment of format version 1 plays: board, files and chat as they were", async () => {
  const entries = readEntries(await golden("segment.bin"));
  expect(entries?.map(({ kind }) => kind))
    .toEqual(["snapshot", "update", "presence", "update", "speaker"]);
  const early = documentAt(entries!, 1500);
  expect(early.getMap("whiteboard").toJSON()).toEqual({ "page:1/shape:a": { x: 10 } });
  expect(early.getArray("chat").toJSON()).toEqual([]);
  const late = documentAt(entries!, 4000);
  expect(late.getMap("whiteboard").toJSON()).toEqual({ "page:1/shape:a": { x: 10 } });
  expect(late.getArray("chat").toJSON()).toEqual([{ id: "m1", text: "hello" }]);
  early.destroy();
  late.destroy();
});

Deno.test("a manifest of format version 1 is understood", async () => {
  const manifest = manifestSchema.parse(
    JSON.parse(new TextDecoder().decode(await golden("manifest.json"))),
  );
  expect(manifest.version).toBe(1);
  expect(manifest.tracks[0]?.spans).toEqual([{ fromMs: 120, toMs: 3000 }]);
  expect(manifest.markers.map(({ type }) => type)).toEqual(["join", "board", "pause", "screen"]);
});
