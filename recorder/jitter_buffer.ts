/**
 * Puts one stream's packets back in order, and says how long to wait for one that is missing.
 *
 * Retransmissions are asked for elsewhere; here they only have to arrive in time. Time is an argument.
 * Invariant: packets leave in ascending order, each once; a hole older than {@linkcode WAIT_MS} is given up.
 */

/** A lost packet comes back after one or two round trips; a recording that holds the last second can't wait longer. */
export const WAIT_MS = 350;
/** Packets that wait behind a hole, at most: half a second of the fastest video. */
const MAX_WAITING = 1024;

export interface Sequenced {
  sequence: number;
  at: number;
}

export class JitterBuffer<P extends Sequenced> {
  readonly #waiting = new Map<number, P>();
  #next = -1;
  #stalledSince: number | null = null;
  #lost = 0;

  /** Packets that were given up. */
  get lost(): number {
    return this.#lost;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a packet in; false when its place has passed or is taken. */
  push(packet: P): boolean {
    if (this.#next < 0) this.#next = packet.sequence;
    if (packet.sequence < this.#next || this.#waiting.has(packet.sequence)) return false;
    this.#waiting.set(packet.sequence, packet);
    return true;
  }

  /** The packets that are in order now; `lost` tells how many are missing right before each. */
  *pull(now: number): Generator<{ packet: P; lost: number }> {
    let lost = 0;
    while (this.#waiting.size > 0) {
      const packet = this.#waiting.get(this.#next);
      if (packet !== undefined) {
        this.#waiting.delete(this.#next);
        this.#next++;
        this.#stalledSince = null;
        yield { packet, lost };
        lost = 0;
        continue;
      }
      const first = Math.min(...this.#waiting.keys());
      this.#stalledSince ??= this.#waiting.get(first)!.at;
      if (now - this.#stalledSince < WAIT_MS && this.#waiting.size < MAX_WAITING) return;
      lost += first - this.#next;
      this.#lost += first - this.#next;
      this.#next = first;
    }
  }

  /** Forgets what waits; the next packet begins anew, wherever it stands. */
  reset(): void {
    this.#waiting.clear();
    this.#next = -1;
    this.#stalledSince = null;
  }
}
