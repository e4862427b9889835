#!/usr/bin/env bash
# The same WebM with VP8 has other colours in Chromium by the way it is played, and a matrix alone mends only one of them.
#
# VP8 from WebRTC is BT.601 in limited range and carries no word of it (RFC 6386 §9.2 has one bit), and a WebM without a
# Colour element says nothing either. One would guess that a player takes BT.601, or guesses by the picture's size, and does
# the same for `<video src>` and for MediaSource. Chromium's MediaSource takes BT.709 at every size; `<video src>` takes BT.601
# below 720 lines and BT.709 from there on. One would guess then that a Colour element with MatrixCoefficients 6 and Range 1
# settles it (RFC 9559 §5.1.4.1.28.16 ff.). It does for MediaSource; `<video src>` goes on guessing until TransferCharacteristics and
# Primaries are there too.
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

# One colour, rgb(0, 135, 0), as a WebRTC encoder would hand it to VP8.
for size in 1280x720 640x360; do
  matrix="scale=out_color_matrix=bt601:out_range=tv,format=yuv420p"
  untagged="setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown:range=unknown"
  ffmpeg -v error -f lavfi -i "color=c=0x008700:s=$size:r=10:d=1,format=rgb24,$matrix,$untagged" \
    -c:v libvpx -b:v 1M -g 10 "untagged-$size.webm"
done

cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const MATRIX_AND_RANGE = [0x55, 0xb1, 0x81, 6, 0x55, 0xb9, 0x81, 1];
const TRANSFER_AND_PRIMARIES = [0x55, 0xba, 0x81, 6, 0x55, 0xbb, 0x81, 6];

/** Puts a Colour element at the end of Segment/Tracks/TrackEntry/Video, whose sizes grow in place. */
function withColour(file, elements) {
  const added = Buffer.from([0x55, 0xb0, 0x80 | elements.length, ...elements]);
  const number = (at, withMarker) => {
    const width = Math.clz32(file[at]) - 23;
    let value = withMarker ? file[at] : file[at] & (0xff >> width);
    for (let i = 1; i < width; i++) value = value * 256 + file[at + i];
    return { value, width };
  };
  const path = [0x18538067, 0x1654ae6b, 0xae, 0xe0];
  const sizes = [];
  let end = file.length;
  for (let at = 0; at < end && sizes.length < path.length;) {
    const id = number(at, true);
    const size = number(at + id.width, false);
    const body = at + id.width + size.width;
    if (id.value !== path[sizes.length]) at = body + size.value;
    else {
      sizes.push({ at: at + id.width, ...size });
      at = body;
      end = body + size.value;
    }
  }
  const out = Buffer.concat([file.subarray(0, end), added, file.subarray(end)]);
  for (const { at, value, width } of sizes) {
    let coded = BigInt(value + added.length) | (1n << BigInt(7 * width));
    for (let i = at + width - 1; i >= at; i--, coded >>= 8n) out[i] = Number(coded & 255n);
  }
  return out;
}

const large = readFileSync("untagged-1280x720.webm");
const files = {
  "/untagged-360": readFileSync("untagged-640x360.webm"),
  "/untagged-720": large,
  "/matrix-720": withColour(large, MATRIX_AND_RANGE),
  "/all-720": withColour(large, [...MATRIX_AND_RANGE, ...TRANSFER_AND_PRIMARIES]),
};
const server = createServer(({ url }, answer) => {
  const file = files[url];
  answer.setHeader("content-type", file ? "video/webm" : "text/html");
  answer.end(file ?? "<!doctype html><title>colours</title>");
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
});
console.log(`Chromium ${browser.version()}`);
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);

const shownGreen = (name, how) =>
  page.evaluate(async ([name, how]) => {
    const video = document.createElement("video");
    video.muted = true;
    if (how === "src") video.src = name;
    else {
      const media = new MediaSource();
      video.src = URL.createObjectURL(media);
      await new Promise((done) => media.addEventListener("sourceopen", done, { once: true }));
      const buffer = media.addSourceBuffer('video/webm; codecs="vp8"');
      buffer.appendBuffer(await (await fetch(name)).arrayBuffer());
      await new Promise((done) => buffer.addEventListener("updateend", done, { once: true }));
      media.endOfStream();
    }
    await new Promise((done, failed) => {
      video.requestVideoFrameCallback(done);
      video.play().catch(failed);
    });
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight).getContext("2d");
    canvas.drawImage(video, 0, 0);
    return canvas.getImageData(100, 100, 1, 1).data[1];
  }, [name, how]);

const expected = {
  "/untagged-360": { src: 135, mse: 114 },
  "/untagged-720": { src: 114, mse: 114 },
  "/matrix-720": { src: 114, mse: 135 },
  "/all-720": { src: 135, mse: 135 },
};
let asFound = true;
for (const [name, greens] of Object.entries(expected)) {
  for (const [how, green] of Object.entries(greens)) {
    const shown = await shownGreen(name, how);
    console.log(`${name.slice(1)} by ${how}: green ${shown} of 135`);
    asFound &&= Math.abs(shown - green) <= 2;
  }
}
await browser.close();
server.close();
console.log(asFound ? "as found" : "CHANGED");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
