#!/usr/bin/env bash
# A canvas frame that WebCodecs encodes as VP8 has other colours in ffmpeg than in Chromium.
#
# One would guess that the encoder makes what VP8 means everywhere, limited-range BT.601, or that a decoder sees what was
# used. Chromium converts an RGB frame to full-range BT.709 and says so in `decoderConfig.colorSpace` only. VP8's bitstream has no
# place for it (RFC 6386 §9.2), and players that read the bitstream alone take it as limited-range BT.601: ffmpeg decodes the
# red (200, 40, 40) as (193, 9, 30). A Colour element in WebM reaches only players that believe it for VP8.
# Chromium 156.0.8078 (Debian), ffmpeg 5.1 (Debian), playwright-core 1.65.1 (npm).
set -euo pipefail
for needed in chromium ffmpeg; do
  command -v "$needed" >/dev/null || { echo "needs $needed: apt-get install chromium ffmpeg" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund playwright-core@1.65.1

cat >run.mjs <<'JS'
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const server = createServer((_, answer) => {
  answer.setHeader("content-type", "text/html");
  answer.end("<!doctype html><title>colours</title>");
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
console.log(`Chromium ${browser.version()}`);
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const { bytes, told } = await page.evaluate(async () => {
  const canvas = new OffscreenCanvas(320, 240);
  const context = canvas.getContext("2d");
  context.fillStyle = "rgb(200, 40, 40)";
  context.fillRect(0, 0, 320, 240);
  const { promise, resolve, reject } = Promise.withResolvers();
  const encoder = new VideoEncoder({
    output: (chunk, { decoderConfig }) => resolve({ chunk, decoderConfig }),
    error: reject,
  });
  encoder.configure({ codec: "vp8", width: 320, height: 240, bitrate: 1_000_000 });
  encoder.encode(new VideoFrame(canvas, { timestamp: 0 }), { keyFrame: true });
  await encoder.flush();
  const { chunk, decoderConfig } = await promise;
  const bytes = new Uint8Array(chunk.byteLength);
  chunk.copyTo(bytes);
  const { matrix, fullRange } = decoderConfig.colorSpace;
  return { bytes: [...bytes], told: `${matrix}, full range ${fullRange}` };
});
await browser.close();
server.close();

const header = Buffer.alloc(44);
header.write("DKIF", 0);
header.writeUInt16LE(32, 6);
header.write("VP80", 8);
header.writeUInt16LE(320, 12);
header.writeUInt16LE(240, 14);
header.writeUInt32LE(30, 16);
header.writeUInt32LE(1, 20);
header.writeUInt32LE(1, 24);
header.writeUInt32LE(bytes.length, 32);
writeFileSync("frame.ivf", Buffer.concat([header, Buffer.from(bytes)]));
const decode = ["-v", "error", "-i", "frame.ivf", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
const [red, green, blue] = execFileSync("ffmpeg", decode);
console.log(`drawn 200 40 40; the encoder says: ${told}; ffmpeg decodes: ${red} ${green} ${blue}`);
const close = (value, expected) => Math.abs(value - expected) <= 3;
const asFound = told === "bt709, full range true" && close(red, 193) && close(green, 9) && close(blue, 30);
console.log(asFound ? "as found" : "CHANGED");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
