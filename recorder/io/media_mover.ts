/**
 * Moves media from the database into an object store, in pieces that are worth an object.
 *
 * Media is always written to the database first, so a lesson is recorded while the store is down, and a killed process
 * loses no more than it would without one. Invariants: rows let go of their bytes only after the object is stored;
 * an object that nothing refers to is removed, however the process ended; a track or an object with a fault of its own
 * holds up no other. The shell calls {@linkcode MediaMover.run}.
 */
import type { Quarantine } from "../../rooms/quarantine.ts";
import type { MonotonicMs } from "../../rooms/clocks.ts";
import type { MediaRows, ObjectStore } from "../ports.ts";

/** Large enough for few requests, small enough for memory and for a slow line. */
const OBJECT_BYTES = 8 * 1024 * 1024;
/** After a failure, how long nothing is tried. */
const RETRY_MS = 30_000;
/** An object that was begun so long ago belongs to a process that has ended. */
const BEGUN_MS = 10 * 60_000;

export interface MoverOptions {
  objectBytes?: number;
  quarantine: Quarantine;
  clock(): MonotonicMs;
  /** Moving fails, or works again. */
  told(works: boolean, reason: string): void;
}

export class MediaMover {
  readonly #objectBytes: number;
  #running: Promise<void> | null = null;
  #retryAt: MonotonicMs = -Infinity;
  #works = true;
  #over = false;

  constructor(
    private readonly rows: MediaRows,
    private readonly objects: ObjectStore,
    private readonly options: MoverOptions,
  ) {
    this.#objectBytes = options.objectBytes ?? OBJECT_BYTES;
  }

  /** Does what is due; call it every few seconds with the time in Unix ms. Never rejects. A call while another works joins it. */
  run(now: number): Promise<void> {
    if (this.#over || this.options.clock() < this.#retryAt) return Promise.resolve();
    return this.#running ??= this.#work(now).finally(() => this.#running = null);
  }

  /** Begins nothing more, and waits for the piece that is on its way. */
  async close(): Promise<void> {
    this.#over = true;
    await this.#running;
  }

  async #work(now: number): Promise<void> {
    try {
      const removed = await this.#removeUnneeded(now);
      let works = removed.some;
      while (!this.#over && await this.#moveSome(now)) works = true;
      // Nothing works, or one object has a fault of its own?
      if (removed.failure !== null && !works) throw removed.failure;
      if (works || removed.whole) this.#say(true, "");
    } catch (error) {
      this.#retryAt = this.options.clock() + RETRY_MS;
      this.#say(false, error instanceof Error ? error.message : `${error}`);
    }
  }

  /** Every piece that is due of the tracks that are looked at in one go; false when there is none. */
  async #moveSome(now: number): Promise<boolean> {
    const { quarantine, clock } = this.options;
    const held = quarantine.held("media", clock());
    const tracks = await this.rows.tracks(held.map(Number));
    quarantine.keep("media", [...held, ...tracks.map(String)]);
    let moved = false;
    for (const trackId of tracks) {
      while (!this.#over && await this.#movePiece(trackId, now)) moved = true;
    }
    return moved;
  }

  /** False when there is no piece of the track that could be moved. Rejects when the store doesn't take it. */
  async #movePiece(trackId: number, now: number): Promise<boolean> {
    const { quarantine, clock } = this.options;
    let moved = false;
    let refused: unknown;
    await quarantine.attempt("media", `${trackId}`, clock(), async () => {
      const piece = await this.rows.nextPiece(trackId, this.#objectBytes);
      if (piece === null) return;
      const { recordingId, startByte, data } = piece;
      // A name of its own for each try: two nodes may have begun the same piece.
      const key = `${recordingId}/${trackId}/${startByte}-${crypto.randomUUID()}`;
      await this.rows.beginObject(key, piece, now);
      try {
        await this.objects.put(key, data);
      } catch (error) {
        refused = error;
        return;
      }
      if (!await this.rows.finishObject(key, now)) await this.#remove(key);
      moved = true;
    });
    if (refused !== undefined) throw refused;
    return moved;
  }

  /**
   * Removes objects up to the first that can't be: the store may be down. The next time begins behind it. Answers
   * whether it was some, whether it was all, and what was in the way.
   */
  async #removeUnneeded(
    now: number,
  ): Promise<{ some: boolean; whole: boolean; failure: Error | null }> {
    const { quarantine, clock } = this.options;
    const keys = await this.rows.unneededObjects(now - BEGUN_MS);
    quarantine.keep("object", keys);
    let removed = 0;
    let failure: Error | null = null;
    for (const key of keys) {
      if (this.#over || failure !== null) break;
      const done = await quarantine.attempt("object", key, clock(), async () => {
        try {
          await this.#remove(key);
        } catch (error) {
          failure = error instanceof Error ? error : new Error(`${error}`);
          throw error;
        }
      });
      if (done) removed++;
    }
    return { some: removed > 0, whole: removed === keys.length, failure };
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
