/**
 * How much an encoder makes of the bitrate that it is told: most stay a little below it, and what they leave is lost to
 * whoever the layer is made to measure for.
 *
 * Pure. Invariants: never asked for less than is wanted, nor for more than {@linkcode MOST} times as much; a video that
 * takes little because little moves in it is no reason to ask for more.
 */

/** What was told so long ago shows in a measured second. */
const SHOWS_MS = 1000;
const MOST = 1.25;
/** An encoder that takes less than this part hasn't more to send. */
const BUSY = 0.6;
const GROWTH_A_SECOND = 0.05;

export class EncoderYield {
  #told: number | null = null;
  #toldMs = 0;
  #factor = 1;
  #readMs = -Infinity;

  /** The publisher hears this, null when it may send what it likes. */
  tell(bitsPerSecond: number | null, nowMs: number): void {
    if (this.#told === bitsPerSecond) return;
    this.#told = bitsPerSecond;
    this.#toldMs = nowMs;
  }

  /** The bitrate to tell so that `wanted` comes, while `made` comes. */
  ask(wanted: number, made: number, nowMs: number): number {
    this.#read(made, nowMs);
    return wanted * this.#factor;
  }

  #read(made: number, nowMs: number): void {
    const elapsedMs = Math.min(SHOWS_MS, nowMs - this.#readMs);
    this.#readMs = nowMs;
    if (this.#told === null || made < this.#told * BUSY) this.#factor = 1;
    else if (nowMs - this.#toldMs >= SHOWS_MS) {
      const needed = Math.min(MOST, Math.max(1, this.#told / made));
      this.#factor = Math.min(needed, this.#factor + GROWTH_A_SECOND * elapsedMs / 1000);
    }
  }
}
