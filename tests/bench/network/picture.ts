/** A film that costs an encoder what a real room does: the browser's own test picture compresses to next to nothing. */
import { Random } from "../../fuzz/guard/random.ts";

const WIDTH = 960;
const HEIGHT = 540;
const FRAMES = 20;
const BLOCK = 6;
const SEED = 7;

/** Writes a second and more of YUV4MPEG2 at 15 frames a second: a texture that drifts, with some of it new each time. */
export async function writeBusyPicture(path: string): Promise<void> {
  const random = new Random(SEED);
  const columns = Math.ceil(WIDTH / BLOCK);
  const rows = Math.ceil(HEIGHT / BLOCK);
  const texture = Uint8Array.from({ length: columns * rows }, () => 60 + random.below(120));
  const colour = new Uint8Array(WIDTH * HEIGHT / 2).fill(128);
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  await writer.write(encoder.encode(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F15:1 Ip A1:1 C420jpeg\n`));
  for (let frame = 0; frame < FRAMES; frame++) {
    for (let i = 0; i < texture.length / 12; i++) {
      texture[random.below(texture.length)] = 60 + random.below(120);
    }
    const light = new Uint8Array(WIDTH * HEIGHT);
    for (let y = 0; y < HEIGHT; y++) {
      const row = Math.floor(y / BLOCK) * columns;
      for (let x = 0; x < WIDTH; x++) {
        light[y * WIDTH + x] = texture[row + (Math.floor(x / BLOCK) + frame) % columns]!;
      }
    }
    await writer.write(encoder.encode("FRAME\n"));
    await writer.write(light);
    await writer.write(colour);
  }
  writer.releaseLock();
}
