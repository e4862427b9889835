/**
 * How recorded packets travel from the media process to the recorder: packed into batches, several a second.
 *
 * A batch begins with what is to be added to its times: they are of the media process's monotonic clock, and the
 * recorder goes by that of the main process. Both ends are ours; {@linkcode readBatch} still stops at what it can't read.
 */

import type { MonotonicMs } from "../rooms/clocks.ts";

/** A packet in the order of its arrival; the payload begins behind the codec's payload descriptor. */
export interface RecordedPacket {
  type: "packet";
  /** The number that the recorder gave to the producer. */
  track: number;
  /** Which of the producer's simulcast layers. */
  layer: number;
  /** When it arrived. */
  at: MonotonicMs;
  /** Sequence number that never wraps. */
  sequence: number;
  timestamp: number;
  /** Last packet of its frame. */
  endsFrame: boolean;
  startsFrame: boolean;
  keyFrame: boolean;
  payload: Uint8Array;
}

/** What the sender says of its clocks (RFC 3550 §6.4.1). */
export interface RecordedReport {
  type: "report";
  track: number;
  layer: number;
  at: MonotonicMs;
  /** The sender's wall clock, in ms. */
  ntpMs: number;
  timestamp: number;
}

const CLOCK_BYTES = 8;
const HEAD_BYTES = 14;
const PACKET_BYTES = HEAD_BYTES + 15;
const REPORT_BYTES = HEAD_BYTES + 12;
const FIRST_BYTES = 64 * 1024;
const PACKET = 0;
const REPORT = 1;
const ENDS_FRAME = 1;
const STARTS_FRAME = 2;
const KEY_FRAME = 4;

/** Collects what the media core hands out, on the media process's clock. */
export class BatchWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = CLOCK_BYTES;

  get length(): number {
    return this.#length;
  }

  get empty(): boolean {
    return this.#length === CLOCK_BYTES;
  }

  /** `packet.at` is on the media process's clock. */
  packet(packet: Omit<RecordedPacket, "type">): void {
    const { payload } = packet;
    const at = this.#begin(PACKET, packet, PACKET_BYTES + payload.length);
    const view = this.#view;
    view.setFloat64(at, packet.sequence);
    view.setUint32(at + 8, packet.timestamp);
    view.setUint8(
      at + 12,
      (packet.endsFrame ? ENDS_FRAME : 0) | (packet.startsFrame ? STARTS_FRAME : 0) |
        (packet.keyFrame ? KEY_FRAME : 0),
    );
    view.setUint16(at + 13, payload.length);
    this.#bytes.set(payload, at + 15);
  }

  report(report: Omit<RecordedReport, "type">): void {
    const at = this.#begin(REPORT, report, REPORT_BYTES);
    this.#view.setFloat64(at, report.ntpMs);
    this.#view.setUint32(at + 8, report.timestamp);
  }

  /** The batch so far, to be sent; the next one begins. */
  take(): Uint8Array<ArrayBuffer> {
    const batch = this.#bytes.slice(0, this.#length);
    this.#length = CLOCK_BYTES;
    return batch;
  }

  #begin(
    kind: number,
    { track, layer, at }: { track: number; layer: number; at: number },
    bytes: number,
  ): number {
    const start = this.#length;
    if (start + bytes > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, start + bytes));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = start + bytes;
    this.#view.setUint8(start, kind);
    this.#view.setUint32(start + 1, track);
    this.#view.setUint8(start + 5, layer);
    this.#view.setFloat64(start + 6, at);
    return start + HEAD_BYTES;
  }
}

/** Puts a batch on another clock, by what is to be added to its times. */
export function setClock(batch: Uint8Array, clockMs: number): void {
  new DataView(batch.buffer, batch.byteOffset).setFloat64(0, clockMs);
}

/** What a batch holds, in order. Payloads are views of `batch`. */
export function* readBatch(batch: Uint8Array): Generator<RecordedPacket | RecordedReport> {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  if (batch.length < CLOCK_BYTES) return;
  const clockMs = view.getFloat64(0);
  let at = CLOCK_BYTES;
  while (at + REPORT_BYTES <= batch.length) {
    const kind = view.getUint8(at);
    const head = {
      track: view.getUint32(at + 1),
      layer: view.getUint8(at + 5),
      at: view.getFloat64(at + 6) + clockMs,
    };
    const body = at + HEAD_BYTES;
    if (kind === REPORT) {
      const ntpMs = view.getFloat64(body);
      yield { type: "report", ...head, ntpMs, timestamp: view.getUint32(body + 8) };
      at += REPORT_BYTES;
      continue;
    }
    if (kind !== PACKET || at + PACKET_BYTES > batch.length) return;
    const flags = view.getUint8(body + 12);
    const end = at + PACKET_BYTES + view.getUint16(body + 13);
    if (end > batch.length) return;
    yield {
      type: "packet",
      ...head,
      sequence: view.getFloat64(body),
      timestamp: view.getUint32(body + 8),
      endsFrame: (flags & ENDS_FRAME) !== 0,
      startsFrame: (flags & STARTS_FRAME) !== 0,
      keyFrame: (flags & KEY_FRAME) !== 0,
      payload: batch.subarray(at + PACKET_BYTES, end),
    };
    at = end;
  }
}
