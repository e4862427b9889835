/**
 * Moves media from the database into an object store, in pieces that are worth an object.
 *
 * Media is always written to the database first, so a lesson is recorded while the store is down, and a killed process
 * loses no more than it would without one. Invariants: rows let go of their bytes only after the object is stored;
 * an object that nothing refers to is removed, however the process ended. The shell calls {@linkcode MediaMover.run}.
 */
import type { MediaRows, ObjectStore } from "../ports.ts";

/** Large enough for few requests, small enough for memory and for a slow line. */
const OBJECT_BYTES = 8 * 1024 * 1024;
/** After a failure, how long nothing is tried. */
const RETRY_MS = 30_000;
/** An object that was begun so long ago belongs to a process that has ended. */
const BEGUN_MS = 10 * 60_000;

export interface MoverOptions {
  objectBytes?: number;
  /** Moving fails, or works again. */
  told(works: boolean, reason: string): void;
}

export class MediaMover {
  readonly #objectBytes: number;
  #running: Promise<void> | null = null;
  #retryAt = 0;
  #works = true;
  #over = false;

  constructor(
    private readonly rows: MediaRows,
    private readonly objects: ObjectStore,
    private readonly options: MoverOptions,
  ) {
    this.#objectBytes = options.objectBytes ?? OBJECT_BYTES;
  }

  /** Does what is due; call it every few seconds. Never rejects. A call while another works joins it. */
  run(now: number): Promise<void> {
    if (this.#over || now < this.#retryAt) return Promise.resolve();
    return this.#running ??= this.#work(now).finally(() => this.#running = null);
  }

  /** Begins nothing more, and waits for the piece that is on its way. */
  async close(): Promise<void> {
    this.#over = true;
    await this.#running;
  }

  async #work(now: number): Promise<void> {
    try {
      await this.#removeUnneeded(now);
      while (!this.#over && await this.#moveNext(now));
      this.#say(true, "");
    } catch (error) {
      this.#retryAt = now + RETRY_MS;
      this.#say(false, error instanceof Error ? error.message : `${error}`);
    }
  }

  async #moveNext(now: number): Promise<boolean> {
    const piece = await this.rows.nextPiece(this.#objectBytes);
    if (piece === null) return false;
    const { recordingId, trackId, startByte, data } = piece;
    // A name of its own for each try: two nodes may have begun the same piece.
    const key = `${recordingId}/${trackId}/${startByte}-${crypto.randomUUID()}`;
    await this.rows.beginObject(key, piece, now);
    await this.objects.put(key, data);
    if (!await this.rows.finishObject(key, now)) await this.#remove(key);
    return true;
  }

  async #removeUnneeded(now: number): Promise<void> {
    for (const key of await this.rows.unneededObjects(now - BEGUN_MS)) {
      if (this.#over) return;
      await this.#remove(key);
    }
  }

  async #remove(key: string): Promise<void> {
    await this.objects.remove(key);
    await this.rows.forgetObject(key);
  }

  #say(works: boolean, reason: string): void {
    if (this.#works === works) return;
    this.#works = works;
    this.options.told(works, reason);
  }
}
