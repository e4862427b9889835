/**
 * A browser's sending side for tests: packets of made-up audio and video, on a clock of its own.
 *
 * Simulated time; nothing here is decodable but for the headers that the recorder reads.
 */
import type { RecordedPacket, RecordedReport } from "../packet_batch.ts";

export interface SimulatedSenderOptions {
  kind: "audio" | "video";
  track?: number;
  layer?: number;
  /** How much faster than ours its clocks run, in parts per million. */
  driftPpm?: number;
  /** Unix ms of the first frame. */
  startAt?: number;
  /** The first RTP timestamp and sequence number. */
  timestamp?: number;
  sequence?: number;
  /** The network's delay of each packet. */
  delayMs?: (sequence: number) => number;
  keyFrameEvery?: number;
  packetsPerFrame?: number;
  packetBytes?: number;
  /** Of a video. */
  size?: { width: number; height: number };
}

const REPORT_EVERY_MS = 1000;
/** Its wall clock is that far behind ours. */
const BEHIND_MS = 600_000;

/** Packets and reports in the order of their arrival, for `durationMs` of our time. */
export function simulateSender(
  durationMs: number,
  options: SimulatedSenderOptions,
): (RecordedPacket | RecordedReport)[] {
  const { kind, track = 1, layer = 0, driftPpm = 0, startAt = 1_700_000_000_000 } = options;
  const { keyFrameEvery = 100, packetsPerFrame = kind === "audio" ? 1 : 3 } = options;
  const { delayMs = () => 20, packetBytes = kind === "audio" ? 80 : 200 } = options;
  const { size = { width: 320, height: 240 } } = options;
  const rate = kind === "audio" ? 48_000 : 90_000;
  const frameMs = kind === "audio" ? 20 : 40;
  const speed = 1 + driftPpm / 1e6;
  const items: (RecordedPacket | RecordedReport)[] = [];
  let sequence = options.sequence ?? 65_500;
  const first = options.timestamp ?? 4_294_900_000;
  let nextReportMs = 0;
  for (let frame = 0;; frame++) {
    const theirMs = frame * frameMs;
    const ourMs = theirMs / speed;
    if (ourMs >= durationMs) break;
    const timestamp = (first + Math.round(theirMs * rate / 1000)) % 2 ** 32;
    if (ourMs >= nextReportMs) {
      nextReportMs += REPORT_EVERY_MS;
      const at = startAt + ourMs + delayMs(sequence);
      items.push({
        type: "report",
        track,
        layer,
        at,
        ntpMs: startAt - BEHIND_MS + theirMs,
        timestamp,
      });
    }
    const keyFrame = kind === "audio" || frame % keyFrameEvery === 0;
    for (let part = 0; part < packetsPerFrame; part++) {
      items.push({
        type: "packet",
        track,
        layer,
        at: startAt + ourMs + delayMs(sequence),
        sequence: sequence++,
        timestamp,
        startsFrame: part === 0,
        endsFrame: part === packetsPerFrame - 1,
        keyFrame: keyFrame && part === 0,
        payload: payloadOf({ kind, frame, part, keyFrame, bytes: packetBytes, size }),
      });
    }
  }
  return items.sort((a, b) => a.at - b.at);
}

function payloadOf(
  { kind, frame, part, keyFrame, bytes, size: { width, height } }: {
    kind: "audio" | "video";
    frame: number;
    part: number;
    keyFrame: boolean;
    bytes: number;
    size: { width: number; height: number };
  },
): Uint8Array {
  const payload = new Uint8Array(bytes).fill((frame + part) & 0xff);
  // A TOC byte of 20 ms of stereo; for a key frame its start code and size.
  if (kind === "audio") payload[0] = 0xfc;
  else if (keyFrame && part === 0) {
    payload.set([0x10, 0, 0, 0x9d, 0x01, 0x2a]);
    const view = new DataView(payload.buffer);
    view.setUint16(6, width, true);
    view.setUint16(8, height, true);
  }
  return payload;
}
