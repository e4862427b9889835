/**
 * Whose connection just broke: they count as here and send something, and nothing of it arrives.
 *
 * The server notices a lost socket only after its time-outs; their media stops at once. One reading of nothing may be
 * a track that is only beginning, so a person is named when it stays like that.
 */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Quality } from "../../../../media/engine.ts";

/** Longer than the time between two readings of the statistics (2 s). */
export const PATIENCE_MS = 2_300;

const NOBODY: ReadonlySet<string> = new Set();

export class UnstablePeople {
  readonly #ids = signal(NOBODY);
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #stop: () => void;

  /** `online` is this page's own link: without it nobody else is to be blamed. */
  constructor(
    quality: ReadonlySignal<ReadonlyMap<string, Quality>>,
    online: ReadonlySignal<boolean>,
  ) {
    this.#stop = effect(() => this.#look(online.value ? quality.value : new Map()));
  }

  /** Ids of participants. */
  get ids(): ReadonlySignal<ReadonlySet<string>> {
    return this.#ids;
  }

  close(): void {
    this.#stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #look(quality: ReadonlyMap<string, Quality>): void {
    for (const [id, timer] of this.#timers) {
      if (quality.get(id) === 0) continue;
      clearTimeout(timer);
      this.#timers.delete(id);
      this.#show(id, false);
    }
    for (const [id, bars] of quality) {
      if (bars !== 0 || this.#timers.has(id)) continue;
      this.#timers.set(id, setTimeout(() => this.#show(id, true), PATIENCE_MS));
    }
  }

  #show(id: string, unstable: boolean): void {
    if (this.#ids.peek().has(id) === unstable) return;
    const ids = new Set(this.#ids.peek());
    if (unstable) ids.add(id);
    else ids.delete(id);
    this.#ids.value = ids;
  }
}
