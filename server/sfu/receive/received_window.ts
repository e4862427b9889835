/**
 * Which packets of a stream came already, so that each is forwarded once.
 *
 * SRTP refuses replays of a datagram; this also covers a packet that comes both late and as a retransmission.
 * Invariant: {@linkcode ReceivedWindow.add} is true at most once for a number. Consumers rely on it: they would
 * otherwise encrypt two payloads under one packet index.
 */

const WINDOW = 2048;

export class ReceivedWindow {
  readonly #bits = new Int32Array(WINDOW / 32);
  #highest = -1;

  /** Notes an extended sequence number; false when it came before or is too old to tell. */
  add(extended: number): boolean {
    if (this.#highest < 0) this.#highest = extended - 1;
    if (extended > this.#highest) {
      if (extended - this.#highest >= WINDOW) this.#bits.fill(0);
      else for (let n = this.#highest + 1; n < extended; n++) this.#clear(n % WINDOW);
      this.#highest = extended;
      this.#set(extended % WINDOW);
      return true;
    }
    if (this.#highest - extended >= WINDOW) return false;
    const at = extended % WINDOW;
    if ((this.#bits[at >> 5]! & (1 << (at & 31))) !== 0) return false;
    this.#set(at);
    return true;
  }

  #set(at: number): void {
    this.#bits[at >> 5]! |= 1 << (at & 31);
  }

  #clear(at: number): void {
    this.#bits[at >> 5]! &= ~(1 << (at & 31));
  }
}
