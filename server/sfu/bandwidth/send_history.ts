/**
 * What was sent lately on one transport, by transport-wide sequence number, until feedback tells what became of it.
 *
 * A ring: nothing is allocated for a packet, and what is older than {@linkcode KEPT} packets is forgotten.
 */
import { sequenceDistance, toSequence } from "../packets/sequence.ts";

export const KEPT = 2048;

/** A sent packet that feedback speaks of. */
export interface SentPacket {
  sentMs: number;
  bytes: number;
  /** The probe that it was part of, 0 for none. */
  probe: number;
}

export class SendHistory {
  readonly #sentMs = new Float64Array(KEPT);
  readonly #bytes = new Uint16Array(KEPT);
  readonly #probe = new Uint8Array(KEPT);
  #next = KEPT;

  /** Notes a packet; answers its 16-bit number. */
  add(bytes: number, probe: number, nowMs: number): number {
    const at = this.#next % KEPT;
    this.#sentMs[at] = nowMs;
    this.#bytes[at] = bytes;
    this.#probe[at] = probe;
    return toSequence(this.#next++);
  }

  /** The extended number of a 16-bit one that was sent last under it. */
  extended(sequence: number): number {
    return this.#next + sequenceDistance(sequence, toSequence(this.#next));
  }

  /** Reads a packet; false when it was never sent, is forgotten, or was taken before. */
  take(extended: number, into: SentPacket): boolean {
    const at = extended % KEPT;
    if (extended >= this.#next || extended < this.#next - KEPT || extended < KEPT) return false;
    if (this.#bytes[at] === 0) return false;
    into.sentMs = this.#sentMs[at]!;
    into.bytes = this.#bytes[at]!;
    into.probe = this.#probe[at]!;
    this.#bytes[at] = 0;
    return true;
  }
}
