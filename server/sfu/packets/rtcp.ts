/**
 * RTCP packets as values: reports, source descriptions, goodbyes and feedback (RFC 3550 §6, RFC 4585, RFC 5104).
 *
 * {@linkcode parseRtcp} and {@linkcode writeRtcp} mirror each other. A compound packet is read whole or not at all;
 * kinds that nobody here needs are skipped. Transport-wide feedback has its own file.
 */
import {
  parseTransportFeedback,
  type TransportFeedback,
  writeTransportFeedback,
} from "./transport_feedback.ts";
import { signed24, toSequence } from "./sequence.ts";

/** One source's reception as a receiver sees it (RFC 3550 §6.4.1). */
export interface ReportBlock {
  ssrc: number;
  /** Lost since the last report, in 256ths. */
  fractionLost: number;
  /** Lost since the start; negative with duplicates. */
  cumulativeLost: number;
  /** Extended highest sequence number received. */
  highestSequence: number;
  /** In timestamp units. */
  jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report, 0 without one. */
  lastSenderReport: number;
  /** Since that report's arrival, in 65536ths of a second. */
  delaySinceLastSenderReport: number;
}

export interface SenderReport {
  type: "sender-report";
  ssrc: number;
  ntpHigh: number;
  ntpLow: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
  reports: ReportBlock[];
}

export type RtcpPacket =
  | SenderReport
  | { type: "receiver-report"; ssrc: number; reports: ReportBlock[] }
  | { type: "source-description"; ssrc: number; cname: string }
  | { type: "goodbye"; ssrcs: number[] }
  | { type: "nack"; senderSsrc: number; mediaSsrc: number; sequences: number[] }
  | { type: "picture-loss"; senderSsrc: number; mediaSsrc: number }
  | { type: "full-intra-request"; senderSsrc: number; mediaSsrc: number; command: number }
  | TransportFeedback;

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const TRANSPORT_FEEDBACK = 205;
const PAYLOAD_FEEDBACK = 206;

const NACK_FORMAT = 1;
const TRANSPORT_WIDE_FORMAT = 15;
const PICTURE_LOSS_FORMAT = 1;
const FULL_INTRA_FORMAT = 4;

const CNAME_ITEM = 1;
/** More blocks than this in one NACK are a flood, not a loss. */
const MAX_NACK_BLOCKS = 64;

/** Reads a compound packet; undefined when any part of it is malformed. */
export function parseRtcp(packet: Uint8Array): RtcpPacket[] | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const packets: RtcpPacket[] = [];
  let at = 0;
  if (packet.length === 0) return undefined;
  while (at < packet.length) {
    if (at + 4 > packet.length) return undefined;
    const first = view.getUint8(at);
    if (first >> 6 !== 2) return undefined;
    let end = at + 4 + view.getUint16(at + 2) * 4;
    const next = end;
    if (end > packet.length) return undefined;
    if ((first & 0x20) !== 0) {
      const padding = view.getUint8(end - 1);
      if (next !== packet.length || padding === 0) return undefined;
      // RFC 3550 §6.4.1 wants whole words; browsers pad transport-wide feedback by one to three bytes.
      const feedback = view.getUint8(at + 1) === TRANSPORT_FEEDBACK &&
        (first & 0x1f) === TRANSPORT_WIDE_FORMAT;
      if (padding % 4 !== 0 && !feedback) return undefined;
      end -= padding;
      if (end < at + 4) return undefined;
    }
    const body = new DataView(packet.buffer, packet.byteOffset + at, end - at);
    const read = readPacket(body, view.getUint8(at + 1), first & 0x1f, packets);
    if (!read) return undefined;
    at = next;
  }
  return packets;
}

function readPacket(body: DataView, type: number, count: number, out: RtcpPacket[]): boolean {
  switch (type) {
    case SENDER_REPORT:
      return readSenderReport(body, count, out);
    case RECEIVER_REPORT: {
      const reports = readReports(body, 8, count);
      if (reports === undefined) return false;
      out.push({ type: "receiver-report", ssrc: body.getUint32(4), reports });
      return true;
    }
    case SOURCE_DESCRIPTION:
      return readSourceDescription(body, count, out);
    case GOODBYE: {
      if (4 + count * 4 > body.byteLength) return false;
      const ssrcs: number[] = [];
      for (let i = 0; i < count; i++) ssrcs.push(body.getUint32(4 + i * 4));
      out.push({ type: "goodbye", ssrcs });
      return true;
    }
    case TRANSPORT_FEEDBACK:
      return readTransportFeedback(body, count, out);
    case PAYLOAD_FEEDBACK:
      return readPayloadFeedback(body, count, out);
    default:
      return true;
  }
}

function readSenderReport(body: DataView, count: number, out: RtcpPacket[]): boolean {
  const reports = readReports(body, 28, count);
  if (reports === undefined) return false;
  out.push({
    type: "sender-report",
    ssrc: body.getUint32(4),
    ntpHigh: body.getUint32(8),
    ntpLow: body.getUint32(12),
    rtpTimestamp: body.getUint32(16),
    packets: body.getUint32(20),
    octets: body.getUint32(24),
    reports,
  });
  return true;
}

function readReports(body: DataView, start: number, count: number): ReportBlock[] | undefined {
  if (start + count * 24 > body.byteLength) return undefined;
  const reports: ReportBlock[] = [];
  for (let at = start; at < start + count * 24; at += 24) {
    reports.push({
      ssrc: body.getUint32(at),
      fractionLost: body.getUint8(at + 4),
      cumulativeLost: signed24(body.getUint32(at + 4)),
      highestSequence: body.getUint32(at + 8),
      jitter: body.getUint32(at + 12),
      lastSenderReport: body.getUint32(at + 16),
      delaySinceLastSenderReport: body.getUint32(at + 20),
    });
  }
  return reports;
}

function readSourceDescription(body: DataView, count: number, out: RtcpPacket[]): boolean {
  let at = 4;
  for (let chunk = 0; chunk < count; chunk++) {
    if (at + 8 > body.byteLength) return false;
    const ssrc = body.getUint32(at);
    at += 4;
    for (;;) {
      if (at >= body.byteLength) return false;
      const item = body.getUint8(at++);
      if (item === 0) break;
      if (at >= body.byteLength) return false;
      const itemBytes = body.getUint8(at++);
      if (at + itemBytes > body.byteLength) return false;
      if (item === CNAME_ITEM) {
        out.push({ type: "source-description", ssrc, cname: readText(body, at, itemBytes) });
      }
      at += itemBytes;
    }
    at = (at + 3) & ~3;
    if (at > body.byteLength) return false;
  }
  return true;
}

function readText(body: DataView, at: number, length: number): string {
  return new TextDecoder().decode(new Uint8Array(body.buffer, body.byteOffset + at, length));
}

function readTransportFeedback(body: DataView, format: number, out: RtcpPacket[]): boolean {
  if (body.byteLength < 12) return false;
  if (format === TRANSPORT_WIDE_FORMAT) {
    const feedback = parseTransportFeedback(body);
    if (feedback === undefined) return false;
    out.push(feedback);
    return true;
  }
  if (format !== NACK_FORMAT) return true;
  const blocks = (body.byteLength - 12) / 4;
  if (blocks === 0 || blocks > MAX_NACK_BLOCKS) return false;
  const sequences: number[] = [];
  for (let at = 12; at < body.byteLength; at += 4) {
    const packetId = body.getUint16(at);
    const following = body.getUint16(at + 2);
    sequences.push(packetId);
    for (let bit = 0; bit < 16; bit++) {
      if ((following & (1 << bit)) !== 0) sequences.push(toSequence(packetId + bit + 1));
    }
  }
  out.push({
    type: "nack",
    senderSsrc: body.getUint32(4),
    mediaSsrc: body.getUint32(8),
    sequences,
  });
  return true;
}

function readPayloadFeedback(body: DataView, format: number, out: RtcpPacket[]): boolean {
  if (body.byteLength < 12) return false;
  const senderSsrc = body.getUint32(4);
  if (format === PICTURE_LOSS_FORMAT) {
    out.push({ type: "picture-loss", senderSsrc, mediaSsrc: body.getUint32(8) });
  } else if (format === FULL_INTRA_FORMAT) {
    if (body.byteLength % 8 !== 4) return false;
    for (let at = 12; at < body.byteLength; at += 8) {
      const mediaSsrc = body.getUint32(at);
      out.push({
        type: "full-intra-request",
        senderSsrc,
        mediaSsrc,
        command: body.getUint8(at + 4),
      });
    }
  }
  return true;
}

/** Writes a compound packet. */
export function writeRtcp(packets: RtcpPacket[]): Uint8Array {
  let total = 0;
  const parts = packets.map((packet) => {
    const part = writePacket(packet);
    total += part.length;
    return part;
  });
  const compound = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    compound.set(part, at);
    at += part.length;
  }
  return compound;
}

function begin(type: number, count: number, byteLength: number): DataView {
  const view = new DataView(new ArrayBuffer(byteLength));
  view.setUint8(0, 0x80 | count);
  view.setUint8(1, type);
  view.setUint16(2, byteLength / 4 - 1);
  return view;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}

function writePacket(packet: RtcpPacket): Uint8Array {
  switch (packet.type) {
    case "sender-report": {
      const view = begin(SENDER_REPORT, packet.reports.length, 28 + packet.reports.length * 24);
      view.setUint32(4, packet.ssrc);
      view.setUint32(8, packet.ntpHigh);
      view.setUint32(12, packet.ntpLow);
      view.setUint32(16, packet.rtpTimestamp);
      view.setUint32(20, packet.packets);
      view.setUint32(24, packet.octets);
      writeReports(view, 28, packet.reports);
      return bytesOf(view);
    }
    case "receiver-report": {
      const view = begin(RECEIVER_REPORT, packet.reports.length, 8 + packet.reports.length * 24);
      view.setUint32(4, packet.ssrc);
      writeReports(view, 8, packet.reports);
      return bytesOf(view);
    }
    case "source-description": {
      const text = new TextEncoder().encode(packet.cname).subarray(0, 255);
      // The item list ends with at least one zero byte, then fills its word.
      const view = begin(SOURCE_DESCRIPTION, 1, (10 + text.length + 1 + 3) & ~3);
      view.setUint32(4, packet.ssrc);
      view.setUint8(8, CNAME_ITEM);
      view.setUint8(9, text.length);
      const bytes = bytesOf(view);
      bytes.set(text, 10);
      return bytes;
    }
    case "goodbye": {
      const view = begin(GOODBYE, packet.ssrcs.length, 4 + packet.ssrcs.length * 4);
      packet.ssrcs.forEach((ssrc, i) => view.setUint32(4 + i * 4, ssrc));
      return bytesOf(view);
    }
    case "nack":
      return writeNack(packet.senderSsrc, packet.mediaSsrc, packet.sequences);
    case "picture-loss": {
      const view = begin(PAYLOAD_FEEDBACK, PICTURE_LOSS_FORMAT, 12);
      view.setUint32(4, packet.senderSsrc);
      view.setUint32(8, packet.mediaSsrc);
      return bytesOf(view);
    }
    case "full-intra-request": {
      const view = begin(PAYLOAD_FEEDBACK, FULL_INTRA_FORMAT, 20);
      view.setUint32(4, packet.senderSsrc);
      view.setUint32(12, packet.mediaSsrc);
      view.setUint8(16, packet.command);
      return bytesOf(view);
    }
    case "transport-feedback":
      return writeTransportFeedback(packet);
  }
}

function writeReports(view: DataView, start: number, reports: ReportBlock[]): void {
  reports.forEach((report, i) => {
    const at = start + i * 24;
    view.setUint32(at, report.ssrc);
    view.setUint32(at + 4, report.cumulativeLost & 0xffffff);
    view.setUint8(at + 4, report.fractionLost);
    view.setUint32(at + 8, report.highestSequence);
    view.setUint32(at + 12, report.jitter);
    view.setUint32(at + 16, report.lastSenderReport);
    view.setUint32(at + 20, report.delaySinceLastSenderReport);
  });
}

function writeNack(senderSsrc: number, mediaSsrc: number, sequences: number[]): Uint8Array {
  const blocks: { packetId: number; following: number }[] = [];
  for (const sequence of sequences) {
    const last = blocks.at(-1);
    const ahead = last === undefined ? 0 : toSequence(sequence - last.packetId);
    if (last !== undefined && ahead >= 1 && ahead <= 16) last.following |= 1 << (ahead - 1);
    else blocks.push({ packetId: sequence, following: 0 });
  }
  const view = begin(TRANSPORT_FEEDBACK, NACK_FORMAT, 12 + blocks.length * 4);
  view.setUint32(4, senderSsrc);
  view.setUint32(8, mediaSsrc);
  blocks.forEach((block, i) => {
    view.setUint16(12 + i * 4, block.packetId);
    view.setUint16(14 + i * 4, block.following);
  });
  return bytesOf(view);
}
