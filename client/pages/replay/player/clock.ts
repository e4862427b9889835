/**
 * The replay's one clock: board, code, chat and every picture and sound follow it, and none of them leads.
 *
 * No I/O: the time comes as an argument of the constructor. Times are in ms of the recording's timeline.
 */
export class ReplayClock {
  #playing = false;
  #held = false;
  #rate = 1;
  /** Where the clock stood when it last changed its course, and when that was. */
  #fromMs = 0;
  #since: number;

  constructor(private readonly now: () => number) {
    this.#since = now();
  }

  get at(): number {
    return this.#runs ? this.#fromMs + (this.now() - this.#since) * this.#rate : this.#fromMs;
  }

  /** What the person wants, whether or not the clock waits for something. */
  get playing(): boolean {
    return this.#playing;
  }

  get held(): boolean {
    return this.#held;
  }

  get rate(): number {
    return this.#rate;
  }

  get #runs(): boolean {
    return this.#playing && !this.#held;
  }

  setPlaying(playing: boolean): void {
    this.#turn(() => this.#playing = playing);
  }

  /** Stands still until what is missing has come. */
  setHeld(held: boolean): void {
    if (held !== this.#held) this.#turn(() => this.#held = held);
  }

  setRate(rate: number): void {
    this.#turn(() => this.#rate = rate);
  }

  seek(atMs: number): void {
    this.#turn(() => {});
    this.#fromMs = atMs;
  }

  #turn(change: () => void): void {
    this.#fromMs = this.at;
    this.#since = this.now();
    change();
  }
}
