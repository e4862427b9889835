#!/usr/bin/env bash
# A WebM to which mkvpropedit adds a colour plays from a file and is refused by MediaSource.
#
# One would guess that setting a property in the header leaves the order of the elements. Where the grown Tracks element no
# longer fits its place, mkvpropedit writes it wherever there is room (here into a Void in front of the segment's Info, in files without
# one behind the last Cluster) and lets the SeekHead point there, which Matroska allows (RFC 9559 §4.5). The WebM byte stream format of
# Media Source Extensions wants Info and then Tracks, both in front of the first Cluster, so MediaSource ends with an error.
# mkvtoolnix 74 and ffmpeg 5.1 (Debian), Chromium 156.0.8078 (Debian), playwright-core 1.65.1 (npm).
set -euo pipefail
for needed in chromium ffmpeg mkvpropedit; do
  command -v "$needed" >/dev/null || { echo "needs $needed: apt-get install chromium ffmpeg mkvtoolnix" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund playwright-core@1.65.1
ffmpeg -v error -f lavfi -i testsrc=size=320x240:rate=10:duration=1 -pix_fmt yuv420p -c:v libvpx before.webm
cp before.webm after.webm
mkvpropedit --version
mkvpropedit -q after.webm --edit track:v1 --set color-matrix-coefficients=6 --set color-range=1

cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const NAMES = { 0x1549a966: "Info", 0x1654ae6b: "Tracks", 0x1f43b675: "Cluster" };

/** The segment's Info, Tracks and Cluster elements in the order of the file (RFC 8794 §4 and §5). */
function order(file) {
  const number = (at, withMarker) => {
    const width = Math.clz32(file[at]) - 23;
    let value = withMarker ? file[at] : file[at] & (0xff >> width);
    for (let i = 1; i < width; i++) value = value * 256 + file[at + i];
    return { value, width };
  };
  const found = [];
  for (let at = 0; at < file.length;) {
    const id = number(at, true);
    const size = number(at + id.width, false);
    at += id.width + size.width;
    if (id.value in NAMES) found.push(NAMES[id.value]);
    if (id.value !== 0x18538067) at += size.value;
  }
  return found.join(" ");
}
const server = createServer(({ url }, answer) => {
  const isFile = url.endsWith(".webm");
  answer.setHeader("content-type", isFile ? "video/webm" : "text/html");
  answer.end(isFile ? readFileSync(`.${url}`) : "<!doctype html><title>tracks</title>");
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
});
console.log(`Chromium ${browser.version()}`);
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);

const plays = (name, how) =>
  page.evaluate(async ([name, how]) => {
    const video = document.createElement("video");
    video.muted = true;
    const first = new Promise((done) => {
      video.requestVideoFrameCallback(() => done(true));
      video.onerror = () => done(false);
    });
    if (how === "src") video.src = name;
    else {
      const media = new MediaSource();
      video.src = URL.createObjectURL(media);
      await new Promise((done) => media.addEventListener("sourceopen", done, { once: true }));
      const buffer = media.addSourceBuffer('video/webm; codecs="vp8"');
      buffer.appendBuffer(await (await fetch(name)).arrayBuffer());
      await new Promise((done) => buffer.addEventListener("updateend", done, { once: true }));
      if (media.readyState === "open") media.endOfStream();
    }
    video.play().catch(() => {});
    return await first;
  }, [name, how]);

const found = [];
for (const name of ["/before.webm", "/after.webm"]) {
  const elements = order(readFileSync(`.${name}`));
  const [src, mse] = [await plays(name, "src"), await plays(name, "mse")];
  console.log(`${name.slice(1)}: ${elements}; plays by src: ${src}, by MediaSource: ${mse}`);
  found.push(elements, src, mse);
}
await browser.close();
server.close();
const asFound = found.join() === "Info Tracks Cluster,true,true,Tracks Info Cluster,true,false";
console.log(asFound ? "as found" : "CHANGED");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
