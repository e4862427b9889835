#!/usr/bin/env bash
# Chromium sends a small camera in fewer simulcast layers than were asked for, leaves out the last ones of the list, and calls
# all of them active.
#
# One would guess that three encodings mean three streams, or that a small picture loses its smallest layer. How many are sent
# depends on the picture's size (one at 320×180, two from 480×270, three from 960×540), and what falls away stands **last** in
# `sendEncodings`: with the usual order, lowest first, that is the camera's own size, so 640×360 arrives as 320×180 at best. Listed
# with the full size first, it stays. `active` in the statistics is true for a layer that never sends a frame, so whoever
# waits for its key frame waits for ever.
# Chromium 156.0.8078 (Debian), playwright-core 1.65.1 (npm). W3C WebRTC §5.2 leaves the number of layers to the browser.
set -euo pipefail
command -v chromium >/dev/null || { echo "needs Chromium: apt-get install chromium" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund playwright-core@1.65.1

cat >run.mjs <<'JS'
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const server = createServer((_, answer) => {
  answer.setHeader("content-type", "text/html");
  answer.end("<!doctype html><title>layers</title>");
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
console.log(`Chromium ${browser.version()}`);
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);

/** What each layer sent of a moving picture, by its rid: quarter, half or full size. */
const layers = (width, height, order) =>
  page.evaluate(async ([width, height, order]) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    let turn = 0;
    const drawing = setInterval(() => {
      turn++;
      for (let i = 0; i < 50; i++) {
        context.fillStyle = `hsl(${(turn * 7 + i * 37) % 360} 80% 50%)`;
        context.fillRect((i * 97 + turn * 5) % width, (i * 53 + turn * 3) % height, 60, 60);
      }
    }, 66);
    const track = canvas.captureStream(15).getVideoTracks()[0];
    const sender = new RTCPeerConnection();
    const receiver = new RTCPeerConnection();
    sender.onicecandidate = ({ candidate }) => candidate && receiver.addIceCandidate(candidate);
    receiver.onicecandidate = ({ candidate }) => candidate && sender.addIceCandidate(candidate);
    const scale = { quarter: 4, half: 2, full: 1 };
    const rate = { quarter: 150_000, half: 500_000, full: 1_500_000 };
    const transceiver = sender.addTransceiver(track, {
      direction: "sendonly",
      sendEncodings: order.map((rid) => ({
        rid,
        scaleResolutionDownBy: scale[rid],
        maxBitrate: rate[rid],
      })),
    });
    const { codecs } = RTCRtpSender.getCapabilities("video");
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === "video/VP8"));
    await sender.setLocalDescription();
    // The receiver stands for a forwarding server: it need not understand layers, it only has to accept them.
    const offer = sender.localDescription.sdp.split("\r\n")
      .filter((line) => !/^a=(rid|simulcast):/.test(line)).join("\r\n");
    await receiver.setRemoteDescription({ type: "offer", sdp: offer });
    await receiver.setLocalDescription();
    const accepted = [...order.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${order.join(";")}`];
    const answer = `${receiver.localDescription.sdp.trimEnd()}\r\n${accepted.join("\r\n")}\r\n`;
    await sender.setRemoteDescription({ type: "answer", sdp: answer });
    await new Promise((done) => setTimeout(done, 6000));
    const found = {};
    for (const stats of (await transceiver.sender.getStats()).values()) {
      if (stats.type === "outbound-rtp") {
        found[stats.rid] = { frames: stats.framesSent ?? 0, active: stats.active };
      }
    }
    clearInterval(drawing);
    sender.close();
    receiver.close();
    return found;
  }, [width, height, order]);

const LOWEST_FIRST = ["quarter", "half", "full"];
const cases = [
  [320, 180, LOWEST_FIRST, "quarter"],
  [640, 360, LOWEST_FIRST, "quarter half"],
  [640, 480, LOWEST_FIRST, "quarter half"],
  [1280, 720, LOWEST_FIRST, "quarter half full"],
  [640, 360, [...LOWEST_FIRST].reverse(), "full half"],
];
let asFound = true;
for (const [width, height, order, expected] of cases) {
  const found = await layers(width, height, order);
  const sent = order.filter((rid) => found[rid].frames > 0).join(" ");
  const active = order.every((rid) => found[rid].active);
  console.log(`${width}×${height}, asked for ${order.join(" ")}: sent ${sent}; all called active: ${active}`);
  asFound &&= sent === expected && active;
}
await browser.close();
server.close();
console.log(asFound ? "as found" : "CHANGED");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
