/**
 * The most recent packets of one stream, kept for retransmission.
 *
 * A packet is decrypted into {@linkcode PacketCache.spare}; keeping it exchanges that buffer for the one of the
 * packet that it replaces, so nothing is copied, and nothing is allocated once the cache is full. A forged packet
 * is never kept, so it spoils only the spare.
 */

import { ByteBudget, MAX_RETRANSMITTED_BYTES } from "../media_limits.ts";

/** A second of a busy stream at 300 packets/s, which is as long as anybody asks again. A lower layer needs fewer. */
export const MAX_ENTRIES = 320;
/** More than any datagram that the sockets take. */
export const PAYLOAD_BYTES = 1600;

/** Everything of a packet that a consumer sends on. */
export interface CachedPacket {
  /** Extended sequence number, −1 while unused. */
  extended: number;
  timestamp: number;
  marker: boolean;
  /** Value of the forwarded header extension, −1 without one. */
  extensionValue: number;
  /** As published; the payload has the numbers of the consumer that it was sent to last. −1 where there are none. */
  pictureId: number;
  pictureIdAt: number;
  tl0PictureIndex: number;
  tl0PictureIndexAt: number;
  /** The payload is `payload[0..length)`. */
  length: number;
  payload: Uint8Array;
}

/** A packet is sent again no sooner than anybody could have missed it again. */
const REPEAT_MS = 20;
/** What a packet costs besides its payload. */
const HEADERS_BYTES = 40;

/** Decides which packets one receiver is sent again: none twice at once, and over time no more than they were sent. */
export class Repeats {
  readonly #budget = new ByteBudget(MAX_RETRANSMITTED_BYTES);
  /** When packets were sent again last, by their extended number. */
  readonly #sentMs = new Map<number, number>();

  /** Whether to send this packet again now, to whom so many packets and bytes of payload were sent so far. */
  take(packet: CachedPacket, sent: { packets: number; octets: number }, nowMs: number): boolean {
    const { extended, length } = packet;
    if (nowMs - (this.#sentMs.get(extended) ?? -Infinity) < REPEAT_MS) return false;
    const earned = sent.octets + sent.packets * HEADERS_BYTES;
    if (!this.#budget.take(length + HEADERS_BYTES, earned)) return false;
    if (this.#sentMs.size >= MAX_ENTRIES) this.#sentMs.clear();
    this.#sentMs.set(extended, nowMs);
    return true;
  }
}

export class PacketCache {
  readonly #entries: (CachedPacket | undefined)[];
  #spare: Uint8Array = new Uint8Array(PAYLOAD_BYTES);

  constructor(entries = MAX_ENTRIES) {
    this.#entries = new Array(entries).fill(undefined);
  }

  /** Where the next packet's payload is to be written before {@linkcode keep}. */
  get spare(): Uint8Array {
    return this.#spare;
  }

  /** Keeps the payload that stands in `spare`, unless a newer packet has its place. */
  keep(packet: Omit<CachedPacket, "payload">): void {
    const at = packet.extended % this.#entries.length;
    let entry = this.#entries[at];
    if (entry === undefined) {
      entry = { ...packet, extended: -1, payload: new Uint8Array(PAYLOAD_BYTES) };
      this.#entries[at] = entry;
    }
    if (entry.extended > packet.extended) return;
    entry.extended = packet.extended;
    entry.timestamp = packet.timestamp;
    entry.marker = packet.marker;
    entry.extensionValue = packet.extensionValue;
    entry.pictureId = packet.pictureId;
    entry.pictureIdAt = packet.pictureIdAt;
    entry.tl0PictureIndex = packet.tl0PictureIndex;
    entry.tl0PictureIndexAt = packet.tl0PictureIndexAt;
    entry.length = packet.length;
    const kept = this.#spare;
    this.#spare = entry.payload;
    entry.payload = kept;
  }

  /** The packet with this extended sequence number, valid until the next `keep`. */
  find(extended: number): CachedPacket | undefined {
    const entry = this.#entries[extended % this.#entries.length];
    return entry !== undefined && entry.extended === extended ? entry : undefined;
  }
}
