import { expect } from "@std/expect";
import { Random } from "../../../tests/fuzz/guard/random.ts";
import {
  FramedInput,
  FramedOutput,
  MAX_FRAME_BYTES,
  MAX_OUTPUT_BYTES,
  MAX_VIDEO_BYTES,
} from "./stream_framing.ts";

/** Lets `input` read `bytes` in pieces; answers the frames that it found, or null for what is no frame. */
function read(input: FramedInput, bytes: Uint8Array, pieceBytes: number): number[][] | null {
  const frames: number[][] = [];
  const into = new Uint8Array(1600);
  for (let at = 0; at < bytes.length;) {
    const { room } = input;
    const piece = bytes.subarray(at, at + Math.min(pieceBytes, room.length));
    room.set(piece);
    input.took(piece.length);
    at += piece.length;
    for (let length = input.next(into); length !== 0; length = input.next(into)) {
      if (length < 0) return null;
      frames.push([...into.subarray(0, length)]);
    }
  }
  return frames;
}

const written = (output: FramedOutput) => (output.take() ?? new Uint8Array()).slice();

Deno.test("frames come out as they went in, in whatever pieces they travel", () => {
  const sizes = [1, 300, MAX_FRAME_BYTES, 2, 1200, 1200, 1200, 20];
  const frames = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
  for (const pieceBytes of [1, 2, 3, 1000, 100_000]) {
    const output = new FramedOutput();
    for (const frame of frames) expect(output.push(frame, frame.length)).toBe(true);
    expect(read(new FramedInput(), written(output), pieceBytes))
      .toEqual(frames.map((frame) => [...frame]));
    expect(output.take()).toBeUndefined();
  }
});

Deno.test("an empty frame says nothing, and one that is too long ends it", () => {
  expect(read(new FramedInput(), Uint8Array.of(0, 0, 0, 1, 7), 5)).toEqual([[7]]);
  expect(read(new FramedInput(), Uint8Array.of(0, 1, 7, 0xff, 0xff), 5)).toBeNull();
  // What a browser would say to a web server.
  expect(read(new FramedInput(), new TextEncoder().encode("GET / HTTP/1.1\r\n"), 16)).toBeNull();
});

Deno.test("what waits is bounded, and audio has room where video has none left", () => {
  const output = new FramedOutput();
  const video = new Uint8Array(1200);
  const audio = new Uint8Array(120).fill(1);
  let videoPackets = 0;
  while (output.push(video, video.length)) videoPackets++;
  expect(videoPackets).toBe(Math.floor(MAX_VIDEO_BYTES / 1202));
  let audioPackets = 0;
  while (output.push(audio, audio.length)) audioPackets++;
  expect(audioPackets).toBeGreaterThan(100);
  const bytes = written(output);
  expect(bytes.length).toBeLessThanOrEqual(MAX_OUTPUT_BYTES);
  expect(read(new FramedInput(), bytes, 5000)).toHaveLength(videoPackets + audioPackets);
  expect(output.push(video, video.length)).toBe(true);
});

Deno.test("what is being written stays as it is while more collects", () => {
  const output = new FramedOutput();
  for (let round = 0; round < 5; round++) {
    output.push(Uint8Array.of(round), 1);
    const leaving = output.take();
    output.push(Uint8Array.of(100 + round), 1);
    expect([...leaving!]).toEqual([0, 1, round]);
    expect([...output.take()!]).toEqual([0, 1, 100 + round]);
  }
});

Deno.test("whatever comes in whatever pieces, each frame has its bound and reading goes on", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const random = new Random(seed);
  const into = new Uint8Array(MAX_FRAME_BYTES);
  for (let run = 0; run < 200; run++) {
    const input = new FramedInput();
    // Mostly short lengths, so that many frames are whole.
    let length = 0;
    for (let pieces = 0; pieces < 50 && length >= 0; pieces++) {
      const { room } = input;
      if (room.length === 0) throw new Error(`no room, seed ${seed}`);
      const count = 1 + random.below(room.length);
      for (let i = 0; i < count; i++) room[i] = random.chance(0.7) ? 0 : random.below(8);
      input.took(count);
      for (length = input.next(into); length > 0; length = input.next(into)) {
        if (length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length}, seed ${seed}`);
      }
    }
  }
});
