#!/usr/bin/env bash
# What RED sends twice (`a=fmtp:63 111/111`) is lost where a description's parameters are parsed and sent as JSON.
#
# One would guess that `parseParams` of sdp-transform, which WebRTC libraries turn codec parameters into objects with, gives the list
# of payload types under some name, or nothing at all. It takes the list for the name of a parameter that has no value:
# { "111/111": undefined }. JSON drops that, so a server that is told of the codec by JSON gets RED without its payload
# types; and whoever writes the object back as name=value makes `111/111=undefined` of it. The same holds for
# telephone-event (`0-15`). RFC 2198 §5 and RFC 4733 §2.4.1 define both forms.
# sdp-transform 2.15.0 (npm).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sdp-transform@2.15.0

cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import sdpTransform from "sdp-transform";

const description = [
  "v=0",
  "o=- 1 1 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 126",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "a=rtpmap:63 red/48000/2",
  "a=fmtp:63 111/111",
  "a=rtpmap:126 telephone-event/8000",
  "a=fmtp:126 0-15",
].join("\r\n");
const { version } = JSON.parse(readFileSync("node_modules/sdp-transform/package.json", "utf8"));
console.log(`sdp-transform ${version}`);
const { media: [audio] } = sdpTransform.parse(description);
const sent = {};
for (const { payload, config } of audio.fmtp) {
  const parameters = sdpTransform.parseParams(config);
  sent[payload] = JSON.parse(JSON.stringify(parameters));
  console.log(`fmtp:${payload} "${config}" is`, parameters, "and as JSON", sent[payload]);
}
const asFound = sent[111].useinbandfec === 1 && Object.keys(sent[63]).length === 0 &&
  Object.keys(sent[126]).length === 0;
console.log(asFound ? "as found: lists of payload types and events vanish" : "CHANGED: they stay");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
