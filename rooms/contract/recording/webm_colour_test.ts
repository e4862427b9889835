import { expect } from "@std/expect";
import { BufferSource, Input, WEBM } from "mediabunny";
import { COLOUR, withColour } from "./webm_colour.ts";
import { writeCluster, writeHeader } from "./webm.ts";

const SHAPE = { kind: "video", codec: "vp8", width: 1280, height: 720 } as const;
const LIMITED_601 = {
  primaries: "smpte170m",
  transfer: "smpte170m",
  matrix: "smpte170m",
  fullRange: false,
};
/** A key frame's first bytes, as far as a reader looks. */
const FRAME = new Uint8Array([0x10, 0, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 2, 0, 0, 0]);

function places(bytes: Uint8Array, part: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, n) => bytes[at + n] === byte)) found.push(at);
  }
  return found;
}

/** The header as it was before it said colours: every size around them shorter by as much. */
function withoutColour(header: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [at = -1] = places(header, COLOUR);
  const old = new Uint8Array([...header.subarray(0, at), ...header.subarray(at + COLOUR.length)]);
  const tracksAt = places(old, new Uint8Array([0x16, 0x54, 0xae, 0x6b])).at(-1)!;
  const entryAt = tracksAt + 5;
  const videoAt = places(old, new Uint8Array([0xe0, 0x80 | (8 + COLOUR.length)])).at(-1)!;
  for (const sizeAt of [tracksAt + 4, entryAt + 1, videoAt + 1]) old[sizeAt]! -= COLOUR.length;
  return old;
}

async function colourOf(header: Uint8Array<ArrayBuffer>) {
  const cluster = writeCluster([
    { atMs: 0, keyFrame: true, data: FRAME },
    { atMs: 40, keyFrame: true, data: FRAME },
  ]);
  const file = new Uint8Array([...header, ...cluster]);
  using input = new Input({ formats: [WEBM], source: new BufferSource(file.buffer) });
  const track = await input.getPrimaryVideoTrack();
  const { codedWidth, codedHeight, colorSpace } = (await track!.getDecoderConfig())!;
  return { codedWidth, codedHeight, colorSpace };
}

const FINISHED = { durationMs: 80, clustersBytes: 100, cuesBytes: 0 };

Deno.test("a header says that pictures are BT.601 in limited range, finished or not", async () => {
  for (const header of [writeHeader(SHAPE), writeHeader(SHAPE, FINISHED)]) {
    expect(await colourOf(header))
      .toMatchObject({ codedWidth: 1280, codedHeight: 720, colorSpace: LIMITED_601 });
    expect(withColour(header)).toBe(header);
  }
});

Deno.test("a header that doesn't say its colours is given them, and keeps the rest", async () => {
  for (const finished of [undefined, FINISHED, { ...FINISHED, cuesBytes: 20 }]) {
    const old = withoutColour(writeHeader(SHAPE, finished));
    expect((await colourOf(old)).colorSpace?.matrix).toBeUndefined();
    expect(await colourOf(withColour(old)))
      .toMatchObject({ codedWidth: 1280, codedHeight: 720, colorSpace: LIMITED_601 });
  }
});

Deno.test("sound, and what is no header, stay as they are", () => {
  const sound = writeHeader({ kind: "audio", codec: "opus" });
  const cut = writeHeader(SHAPE).subarray(0, 60);
  const noise = new Uint8Array([0x1a, 0x45, 0xdf, 0xa3, 0xff, 1, 2, 3, 0, 0]);
  for (const bytes of [sound, cut, noise, new Uint8Array()]) expect(withColour(bytes)).toBe(bytes);
});
