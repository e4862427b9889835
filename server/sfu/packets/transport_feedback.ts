/**
 * The transport-wide congestion control feedback message, read and written
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
 *
 * Arrivals are counted in quarter milliseconds, the message's own unit, from its reference time.
 */
import { toSequence } from "./sequence.ts";

export interface TransportFeedback {
  type: "transport-feedback";
  senderSsrc: number;
  mediaSsrc: number;
  /** The 16-bit transport-wide sequence number of the first packet reported. */
  baseSequence: number;
  /** In 64 ms, 24 bits. */
  referenceTime: number;
  /** Counts the feedback messages, 8 bits. */
  feedbackCount: number;
  /** For each packet from `baseSequence` on, its arrival in quarter milliseconds after the reference time. */
  arrivals: (number | undefined)[];
}

const NOT_RECEIVED = 0;
const SMALL_DELTA = 1;
const LARGE_DELTA = 2;

const HEADER_BYTES = 20;
const MAX_RUN = 0x1fff;
/** Packets that one message reports at most; ours are sent often enough to stay below. */
export const MAX_REPORTED_PACKETS = 1024;

/** Reads one message, its four-byte RTCP header included; undefined when it contradicts itself. */
export function parseTransportFeedback(body: DataView): TransportFeedback | undefined {
  if (body.byteLength < HEADER_BYTES) return undefined;
  const count = body.getUint16(14);
  if (count === 0 || count > MAX_REPORTED_PACKETS) return undefined;
  const symbols: number[] = [];
  let at = HEADER_BYTES;
  while (symbols.length < count) {
    if (at + 2 > body.byteLength) return undefined;
    const chunk = body.getUint16(at);
    at += 2;
    if ((chunk & 0x8000) === 0) {
      const symbol = (chunk >> 13) & 3;
      const run = Math.min(chunk & MAX_RUN, count - symbols.length);
      if (run === 0 || symbol === 3) return undefined;
      for (let i = 0; i < run; i++) symbols.push(symbol);
      continue;
    }
    const twoBits = (chunk & 0x4000) !== 0;
    const perChunk = Math.min(twoBits ? 7 : 14, count - symbols.length);
    for (let i = 0; i < perChunk; i++) {
      const symbol = twoBits ? (chunk >> (12 - 2 * i)) & 3 : (chunk >> (13 - i)) & 1;
      if (symbol === 3) return undefined;
      symbols.push(symbol);
    }
  }
  const arrivals: (number | undefined)[] = [];
  let arrival = 0;
  for (const symbol of symbols) {
    if (symbol === NOT_RECEIVED) {
      arrivals.push(undefined);
      continue;
    }
    const deltaBytes = symbol === SMALL_DELTA ? 1 : 2;
    if (at + deltaBytes > body.byteLength) return undefined;
    arrival += symbol === SMALL_DELTA ? body.getUint8(at) : body.getInt16(at);
    at += deltaBytes;
    arrivals.push(arrival);
  }
  return {
    type: "transport-feedback",
    senderSsrc: body.getUint32(4),
    mediaSsrc: body.getUint32(8),
    baseSequence: body.getUint16(12),
    referenceTime: body.getUint32(16) >>> 8,
    feedbackCount: body.getUint8(19),
    arrivals,
  };
}

/** Writes one message with its RTCP header. Gaps between arrivals beyond ±8 s are cut to that. */
export function writeTransportFeedback(feedback: TransportFeedback): Uint8Array {
  const symbols: number[] = [];
  const deltas: number[] = [];
  let previous = 0;
  for (const arrival of feedback.arrivals) {
    if (arrival === undefined) {
      symbols.push(NOT_RECEIVED);
      continue;
    }
    const delta = Math.max(-32768, Math.min(32767, arrival - previous));
    previous += delta;
    symbols.push(delta >= 0 && delta <= 255 ? SMALL_DELTA : LARGE_DELTA);
    deltas.push(delta);
  }
  const chunks = packChunks(symbols);
  let deltaBytes = 0;
  for (const delta of deltas) deltaBytes += delta >= 0 && delta <= 255 ? 1 : 2;
  const byteLength = (HEADER_BYTES + chunks.length * 2 + deltaBytes + 3) & ~3;
  const view = new DataView(new ArrayBuffer(byteLength));
  view.setUint8(0, 0x80 | 15);
  view.setUint8(1, 205);
  view.setUint16(2, byteLength / 4 - 1);
  view.setUint32(4, feedback.senderSsrc);
  view.setUint32(8, feedback.mediaSsrc);
  view.setUint16(12, toSequence(feedback.baseSequence));
  view.setUint16(14, feedback.arrivals.length);
  view.setUint32(16, feedback.referenceTime << 8);
  view.setUint8(19, feedback.feedbackCount);
  let at = HEADER_BYTES;
  for (const chunk of chunks) {
    view.setUint16(at, chunk);
    at += 2;
  }
  for (const delta of deltas) {
    if (delta >= 0 && delta <= 255) view.setUint8(at++, delta);
    else {
      view.setInt16(at, delta);
      at += 2;
    }
  }
  return new Uint8Array(view.buffer);
}

/** Runs of one symbol where they pay, vectors of seven two-bit symbols elsewhere. */
function packChunks(symbols: number[]): number[] {
  const chunks: number[] = [];
  let at = 0;
  while (at < symbols.length) {
    const symbol = symbols[at]!;
    let run = 1;
    while (at + run < symbols.length && run < MAX_RUN && symbols[at + run] === symbol) run++;
    if (run > 7 || at + run === symbols.length) {
      chunks.push((symbol << 13) | run);
      at += run;
      continue;
    }
    let vector = 0xc000;
    for (let i = 0; i < 7; i++) vector |= (symbols[at + i] ?? NOT_RECEIVED) << (12 - 2 * i);
    chunks.push(vector);
    at += 7;
  }
  return chunks;
}
