/**
 * Runs asynchronous steps one after the other, in the order in which they are given.
 *
 * Invariant: no step begins before the one in front of it is over; one that fails holds up none behind it, and only its
 * own caller hears of it.
 */
export class StepQueue {
  #tail: Promise<void> = Promise.resolve();
  #steps = 0;

  /** Whether no step runs or waits. */
  get idle(): boolean {
    return this.#steps === 0;
  }

  /** Resolves when every step given so far is over; never rejects. */
  get settled(): Promise<void> {
    return this.#tail;
  }

  /** Runs a step behind those that wait, never before this call returned. */
  run<T>(step: () => Promise<T>): Promise<T> {
    return this.#append(this.#tail.then(step));
  }

  /**
   * Runs a step behind those that wait; with none, it begins inside this call, which spares promises where steps are many.
   * Until its first `await` such a step must not give this queue another.
   */
  runAtOnce<T>(step: () => Promise<T>): Promise<T> {
    return this.#append(this.idle ? step() : this.#tail.then(step));
  }

  #append<T>(done: Promise<T>): Promise<T> {
    this.#steps++;
    const over = () => void this.#steps--;
    this.#tail = done.then(over, over);
    return done;
  }
}
