/**
 * The loudness of one speaker over time, from the levels in their packets (RFC 6464).
 *
 * Rises fast, falls slowly, and falls silent by itself when packets stop (DTX, mute).
 */

/** dBov; RFC 6464 carries 0…127 below full scale. */
export const SILENCE_DBOV = -127;
/** A level that is this old says nothing. */
const STALE_MS = 600;
const RISE = 0.4;
const FALL = 0.06;

export class AudioLevel {
  #smoothed = SILENCE_DBOV;
  #receivedMs = -Infinity;

  /** `value` is the extension's byte: a voice flag and a level. */
  receive(value: number, nowMs: number): void {
    const level = -(value & 0x7f);
    if (nowMs - this.#receivedMs > STALE_MS) this.#smoothed = SILENCE_DBOV;
    this.#receivedMs = nowMs;
    this.#smoothed += (level - this.#smoothed) * (level > this.#smoothed ? RISE : FALL);
  }

  at(nowMs: number): number {
    return nowMs - this.#receivedMs > STALE_MS ? SILENCE_DBOV : this.#smoothed;
  }
}
