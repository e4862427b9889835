import { expect } from "@std/expect";
import type { RecordedPacket, RecordedReport } from "./packet_batch.ts";
import { OffsetEstimator } from "./sender_clock.ts";
import { simulateSender } from "./testing/simulated_sender.ts";
import { type Chunk, Track } from "./track.ts";

const START = 1_700_000_000_000;

interface Block {
  atMs: number;
  keyFrame: boolean;
  bytes: number;
}

/** Feeds the items, flushing every 400 ms; answers the chunks. */
function record(track: Track, items: readonly (RecordedPacket | RecordedReport)[]): Chunk[] {
  const chunks: Chunk[] = [];
  let flushAt = (items[0]?.at ?? 0) + 400;
  for (const item of items) {
    while (item.at >= flushAt) {
      chunks.push(...track.flush(flushAt));
      flushAt += 400;
    }
    if (item.type === "packet") track.receive(item);
    else track.report(item);
  }
  chunks.push(...track.flush(Infinity));
  return chunks;
}

/** The blocks of a cluster, read back (sizes below 2^21). */
function blocksOf({ data }: Chunk): Block[] {
  const blocks: Block[] = [];
  let at = 4;
  const size = () => {
    const width = Math.clz32(data[at]!) - 23;
    let value = data[at]! & (0xff >> width);
    for (let n = 1; n < width; n++) value = value * 256 + data[at + n]!;
    at += width;
    return value;
  };
  size();
  let base = 0;
  while (at < data.length) {
    const id = data[at++]!;
    const bytes = size();
    if (id === 0xe7) { for (let n = 0; n < bytes; n++) base = base * 256 + data[at + n]!; }
    else {
      const offset = data[at + 1]! * 256 + data[at + 2]!;
      blocks.push({ atMs: base + offset, keyFrame: data[at + 3] === 0x80, bytes: bytes - 4 });
    }
    at += bytes;
  }
  return blocks;
}

Deno.test("frames lie where the sender's timestamps put them, whatever the network's delay does", () => {
  const track = new Track("video", new OffsetEstimator());
  const jitter = (sequence: number) => sequence < 65_510 ? 20 : 20 + (sequence * 7919) % 60;
  const blocks = record(track, simulateSender(10_000, { kind: "video", delayMs: jitter }))
    .flatMap(blocksOf);
  expect(blocks.length).toBe(250);
  for (const [index, { atMs, bytes }] of blocks.entries()) {
    expect(Math.abs(atMs - index * 40)).toBeLessThan(60);
    expect(bytes).toBe(600);
  }
});

Deno.test("a sender's clock that is 500 ppm off is followed to within 50 ms, sound and picture alike, for an hour", () => {
  const hourMs = 3_600_000;
  const sparse = { keyFrameEvery: 25, packetsPerFrame: 1, packetBytes: 40 };
  for (const driftPpm of [500, -500]) {
    const sender = new OffsetEstimator();
    const tracks = { audio: new Track("audio", sender), video: new Track("video", sender) };
    const items = (["audio", "video"] as const).flatMap((kind) =>
      simulateSender(hourMs, { kind, driftPpm, ...(kind === "video" ? sparse : {}) })
        .map((item) => ({ kind, item }))
    ).sort((a, b) => a.item.at - b.item.at);
    let flushAt = START;
    let worst = 0;
    for (const { kind, item } of items) {
      const track = tracks[kind];
      if (item.type === "report") {
        track.report(item);
        continue;
      }
      track.receive(item);
      // It came at once, so that is where it belongs.
      worst = Math.max(worst, Math.abs(track.start!.at + track.lastMs - item.at));
      if (item.at < flushAt) continue;
      flushAt = item.at + 400;
      for (const each of Object.values(tracks)) each.flush(item.at);
    }
    expect(worst).toBeLessThan(50);
    for (const { lastMs } of Object.values(tracks)) expect(lastMs).toBeGreaterThan(hourMs - 100);
  }
});

Deno.test("sound and picture of one person stay together although one is sent later", () => {
  const sender = new OffsetEstimator();
  const audio = new Track("audio", sender);
  const video = new Track("video", sender);
  const sound = simulateSender(20_000, { kind: "audio", delayMs: () => 15 });
  const picture = simulateSender(20_000, { kind: "video", delayMs: () => 180, timestamp: 77 });
  const items = [
    ...sound.map((item) => ({ item, track: audio })),
    ...picture.map((item) => ({
      item,
      track: video,
    })),
  ].sort((a, b) => a.item.at - b.item.at);
  const chunks: { audio: Chunk[]; video: Chunk[] } = { audio: [], video: [] };
  for (const { item, track } of items) {
    if (item.type === "packet") track.receive(item);
    else track.report(item);
  }
  chunks.audio.push(...audio.flush(Infinity));
  chunks.video.push(...video.flush(Infinity));
  const lastOf = (list: Chunk[], track: Track) =>
    track.start!.at + blocksOf(list.at(-1)!).at(-1)!.atMs;
  expect(Math.abs(lastOf(chunks.audio, audio) - lastOf(chunks.video, video) - 20)).toBeLessThan(30);
});

Deno.test("packets out of order make the same file, and what was lost costs frames up to the next key frame", () => {
  const items = simulateSender(4000, { kind: "video", keyFrameEvery: 25 });
  const whole = record(new Track("video", new OffsetEstimator()), items).flatMap(blocksOf);
  const swapped = items.map((item, index) => index % 6 === 3 ? { ...item, at: item.at + 30 } : item)
    .sort((a, b) => a.at - b.at);
  expect(record(new Track("video", new OffsetEstimator()), swapped).flatMap(blocksOf).length)
    .toBe(whole.length);

  let packets = 0;
  const torn = items.filter((item) => item.type === "report" || packets++ !== 100);
  const track = new Track("video", new OffsetEstimator());
  const left = record(track, torn).flatMap(blocksOf);
  expect(track.lost).toBe(1);
  // Packet 100 belongs to frame 33; frame 50 is the next key frame.
  expect(left.length).toBe(whole.length - (50 - 33));
});

Deno.test("every key frame begins a cluster, and no cluster is longer than a second", () => {
  const items = simulateSender(9000, { kind: "video", keyFrameEvery: 40 });
  const track = new Track("video", new OffsetEstimator());
  for (const item of items) {
    if (item.type === "packet") track.receive(item);
    else track.report(item);
  }
  for (const chunk of track.flush(Infinity)) {
    const blocks = blocksOf(chunk);
    expect(blocks.findLastIndex(({ keyFrame }) => keyFrame)).toBeLessThan(1);
    expect(chunk.entry).toBe(blocks[0]!.keyFrame);
    expect(chunk.toMs - chunk.fromMs).toBeLessThan(1050);
  }
});

Deno.test("silence that wasn't sent is said in between, and a mute is a gap", () => {
  const items = simulateSender(6000, { kind: "audio" });
  const quiet = items.filter(({ at }) => at < START + 2000 || at > START + 2400);
  const filled = record(new Track("audio", new OffsetEstimator()), quiet).flatMap(blocksOf);
  expect(filled.length).toBe(300);
  expect(filled.filter(({ bytes }) => bytes === 1).length).toBeGreaterThan(15);

  const muted = items.filter(({ at }) => at < START + 2000 || at > START + 4000);
  const gap = record(new Track("audio", new OffsetEstimator()), muted).flatMap(blocksOf);
  expect(gap.length).toBe(muted.filter(({ type }) => type === "packet").length);
});

Deno.test("a picture that goes on in another simulcast layer goes on in the same file", () => {
  const low = simulateSender(3000, { kind: "video", layer: 0, timestamp: 5 });
  const high = simulateSender(3000, { kind: "video", layer: 1, startAt: START + 3000 });
  const track = new Track("video", new OffsetEstimator());
  const blocks = record(track, [...low, ...high]).flatMap(blocksOf);
  expect(blocks.length).toBe(150);
  expect(Math.abs(blocks.at(-1)!.atMs - 5960)).toBeLessThan(100);
});

Deno.test("a key frame that came in part is asked for again, the first one too, and no longer than something comes", () => {
  const items = simulateSender(4000, { kind: "video", keyFrameEvery: 75 });
  const second = items.findIndex(({ type }) => type === "packet") + 1;
  const torn = items.toSpliced(second, 1);
  const track = new Track("video", new OffsetEstimator());
  const starved: number[] = [];
  for (let atMs = 0; atMs <= 5000; atMs += 250) {
    for (const item of torn.filter(({ at }) => at >= START + atMs && at < START + atMs + 250)) {
      if (item.type === "packet") track.receive(item);
      else track.report(item);
    }
    track.flush(START + atMs + 250);
    if (track.starves) starved.push(atMs + 250);
  }
  // The hole is given up after a while; the key frame of frame 75 comes at 3 s.
  expect(starved[0]).toBeLessThanOrEqual(500);
  expect(starved.at(-1)).toBe(3000);
  track.interrupt();
  track.flush(START + 6000);
  expect(track.starves).toBe(false);
});
