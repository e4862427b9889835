/**
 * Gives every address one object, so that the core can compare by identity, within a bound.
 *
 * Invariant: an address that is kept answers the same object until it is released; of the others, those that spoke
 * least recently are forgotten, so that junk from invented addresses can't fill the memory.
 */
import type { Remote } from "../ports.ts";

/** Between one and two times as many strangers are remembered. */
export const STRANGERS = 2048;

export class RemoteCache<Key extends string | number> {
  readonly #kept = new Map<Key, { remote: Remote; holds: number }>();
  /** Two generations: a stranger that speaks moves to the young one; the old one is dropped whole. */
  #young = new Map<Key, Remote>();
  #old = new Map<Key, Remote>();

  get size(): number {
    return this.#kept.size + this.#young.size + this.#old.size;
  }

  get(key: Key): Remote | undefined {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept.remote;
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.add(key, old);
    return old;
  }

  add(key: Key, remote: Remote): void {
    if (this.#young.size >= STRANGERS) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, remote);
  }

  keep(key: Key, remote: Remote): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      kept.holds++;
      return;
    }
    this.#young.delete(key);
    this.#old.delete(key);
    this.#kept.set(key, { remote, holds: 1 });
  }

  release(key: Key): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    kept.holds--;
    if (kept.holds > 0) return;
    this.#kept.delete(key);
    this.add(key, kept.remote);
  }
}
