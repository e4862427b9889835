/**
 * Renumbers what one consumer receives, without gaps where the server itself left packets out (pause, another layer).
 *
 * The publisher's losses stay losses, so that the consumer asks for them. Within a span, a part of one stream, every
 * number is moved by a constant. Invariants: two different packets never get the same index, because a span begins
 * behind everything sent before, and packets from before its start are refused; a span's first picture id and TL0
 * index follow the last ones that were sent.
 */
import type { CachedPacket } from "../packets/packet_cache.ts";
import {
  LONG_PICTURE_BITS,
  sequenceDistance,
  SHORT_PICTURE_BITS,
  TL0_BITS,
  toBits,
  toSequence,
  toTimestamp,
} from "../packets/sequence.ts";

/** A packet as its publisher numbered it; −1 for what it lacks. */
export interface PublishedNumbers {
  /** Extended sequence number. */
  extended: number;
  timestamp: number;
  pictureId: number;
  tl0PictureIndex: number;
}

export class Rewriter {
  #highest: number;
  /** Added to an extended number of the stream, gives the packet index. */
  #offset = 0;
  #start = Infinity;
  #timestampOffset: number;
  #pictureOffset = 0;
  #tl0Offset = 0;
  /** As published, of the highest packet of the span. */
  #lastTimestamp = 0;
  #lastPictureId = -1;
  #lastTl0 = -1;

  constructor(start: { sequence: number; timestampOffset: number }) {
    this.#highest = start.sequence - 1;
    this.#timestampOffset = start.timestampOffset;
  }

  /** The highest 48-bit packet index that was given out. */
  get highest(): number {
    return this.#highest;
  }

  /** The published timestamp of the highest packet of this span. */
  get lastTimestamp(): number {
    return this.#lastTimestamp;
  }

  /**
   * Begins a span: this packet gets the next index. Its timestamp is moved as before, or, for another stream than
   * the last, to lie `ticks` after the last one that was sent.
   */
  begin(packet: PublishedNumbers, ticks?: number): void {
    if (ticks !== undefined) {
      this.#timestampOffset += this.#lastTimestamp + ticks - packet.timestamp;
    }
    if (this.#lastPictureId >= 0) {
      this.#pictureOffset += this.#lastPictureId + 1 - packet.pictureId;
      this.#tl0Offset += this.#lastTl0 + 1 - packet.tl0PictureIndex;
    }
    this.#offset = this.#highest + 1 - packet.extended;
    this.#start = packet.extended;
    this.#note(packet);
  }

  /** The packet index of a packet of this span, −1 when it lies before its start. */
  index(packet: PublishedNumbers): number {
    if (packet.extended < this.#start) return -1;
    const index = packet.extended + this.#offset;
    if (index > this.#highest) {
      this.#highest = index;
      this.#note(packet);
    }
    return index;
  }

  #note(packet: PublishedNumbers): void {
    this.#lastTimestamp = packet.timestamp;
    this.#lastPictureId = packet.pictureId;
    this.#lastTl0 = packet.tl0PictureIndex;
  }

  timestamp(timestamp: number): number {
    return toTimestamp(timestamp + this.#timestampOffset);
  }

  pictureId(pictureId: number, bits = LONG_PICTURE_BITS): number {
    return toBits(pictureId + this.#pictureOffset, bits);
  }

  tl0PictureIndex(index: number): number {
    return toBits(index + this.#tl0Offset, TL0_BITS);
  }

  /** Puts this consumer's numbers into the codec's descriptor, which lies `offset` further back than in the packet. */
  renumber(packet: Omit<CachedPacket, "payload">, payload: Uint8Array, offset: number): void {
    if (packet.pictureIdAt >= 0) {
      const at = packet.pictureIdAt + offset;
      if ((payload[at]! & 0x80) === 0) {
        payload[at] = this.pictureId(packet.pictureId, SHORT_PICTURE_BITS);
      } else {
        const id = this.pictureId(packet.pictureId, LONG_PICTURE_BITS);
        payload[at] = 0x80 | (id >> 8);
        payload[at + 1] = id & 0xff;
      }
    }
    if (packet.tl0PictureIndexAt >= 0) {
      payload[packet.tl0PictureIndexAt + offset] = this.tl0PictureIndex(packet.tl0PictureIndex);
    }
  }

  /** The packet of this span that was, or would have been, sent under this 16-bit number. */
  original(sequence: number): { extended: number; index: number } | undefined {
    const index = this.#highest + sequenceDistance(sequence, toSequence(this.#highest));
    const extended = index - this.#offset;
    return index > this.#highest || extended < this.#start ? undefined : { extended, index };
  }
}
