/**
 * Counts the person's changes that the server has not stored yet.
 *
 * A change is one local transaction; it is stored once the server reports a clock at or past the one that
 * the change ended at. Deletions move no clock: they count as stored with the clock they were made at, which the
 * server reports in order. No I/O; the provider feeds it.
 */
export class UnsavedChanges {
  /** Clocks at which the changes of this page's client id ended, oldest first. */
  readonly #own: number[] = [];
  /** What earlier pages of this person left: client id → clock that must be stored. */
  readonly #restored = new Map<number, number>();
  #ownClientId: number;

  constructor(ownClientId: number) {
    this.#ownClientId = ownClientId;
  }

  /** How many changes are not stored. What an earlier page left counts as one. */
  get count(): number {
    return this.#own.length + this.#restored.size;
  }

  /** A local transaction that ended at `clock`. */
  changed(clock: number): void {
    this.#own.push(clock);
  }

  /** Changes under an earlier client id that were found on this device. */
  restored(clientId: number, clock: number): void {
    if (clock > 0) this.#restored.set(clientId, clock);
  }

  /** The server has stored this client id's changes up to `clock`. */
  stored(clientId: number, clock: number): void {
    if (clientId === this.#ownClientId) {
      let done = 0;
      while (done < this.#own.length && (this.#own[done] ?? 0) <= clock) done++;
      this.#own.splice(0, done);
      return;
    }
    const wanted = this.#restored.get(clientId);
    if (wanted !== undefined && wanted <= clock) this.#restored.delete(clientId);
  }
}
