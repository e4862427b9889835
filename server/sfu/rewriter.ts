/**
 * Renumbers a stream for one consumer, without gaps where the server itself left packets out (pause, resume).
 *
 * The publisher's losses stay losses, so that the consumer asks for them. Timestamps are moved by a constant: a
 * pause is a pause in time too. Invariant: two different packets never get the same index, because a span begins
 * behind everything sent before, and packets from before its start are refused.
 */
import { sequenceDistance, toSequence, toTimestamp } from "./sequence.ts";

export class Rewriter {
  readonly #timestampOffset: number;
  #highest: number;
  /** Added to an extended number of the stream, gives the packet index. */
  #offset = 0;
  #start = Infinity;

  constructor(start: { sequence: number; timestampOffset: number }) {
    this.#highest = start.sequence - 1;
    this.#timestampOffset = start.timestampOffset;
  }

  /** The highest 48-bit packet index that was given out. */
  get highest(): number {
    return this.#highest;
  }

  /** Begins a span: this packet of the stream gets the next index. */
  begin(extended: number): void {
    this.#offset = this.#highest + 1 - extended;
    this.#start = extended;
  }

  /** The packet index of a packet of this span, −1 when it lies before its start. */
  index(extended: number): number {
    if (extended < this.#start) return -1;
    const index = extended + this.#offset;
    if (index > this.#highest) this.#highest = index;
    return index;
  }

  timestamp(timestamp: number): number {
    return toTimestamp(timestamp + this.#timestampOffset);
  }

  /** The packet of this span that was, or would have been, sent under this 16-bit number. */
  original(sequence: number): { extended: number; index: number } | undefined {
    const index = this.#highest + sequenceDistance(sequence, toSequence(this.#highest));
    const extended = index - this.#offset;
    return index > this.#highest || extended < this.#start ? undefined : { extended, index };
  }
}
