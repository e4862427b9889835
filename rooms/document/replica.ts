/**
 * The server's copy of a meeting document, and when others may see a change to it.
 *
 * An update is judged, applied, committed to the log with its group, and only then handed out. The caller owns
 * the clock and decides when a group is due; the log is awaited.
 *
 * Invariant: what {@linkcode ReplicaEvents.committed} or an answer hands out is in the log, and is what the
 * document's own update event said, never the bytes that were received.
 * Invariant: when a commit fails or a client's update reaches a server-owned root, the document is dropped and
 * made anew from the log. What was not committed was never seen by others; its authors still have it.
 */
import * as Y from "yjs";
import type { MonotonicMs, UnixMs } from "../clocks.ts";
import { RoomError } from "../contract/errors.ts";
import { StepQueue } from "../contract/step_queue.ts";
import type { UpdateLog } from "../ports.ts";
import { type GuardRights, judgeUpdate, type RefusalKind } from "./guard/guard.ts";
import { openRoots } from "../contract/document/schema.ts";
import { ShieldedDoc } from "../contract/document/shielded.ts";
import { type SnapshotLimits, SnapshotSchedule } from "./snapshot_schedule.ts";
import { DocumentSize, type Size } from "./size.ts";
import { armTripwire } from "./tripwire.ts";

/** One connection that writes: the origin of its transactions. Compared by identity. */
export interface Writer extends GuardRights {
  /** The id that the page writes under now, and those that the person used before. */
  readonly clientId: number;
  readonly clientIds: ReadonlySet<number>;
  /** Told how long the server worked for this connection. */
  spend(workMs: number, now: MonotonicMs): void;
}

export interface CommittedUpdate {
  update: Uint8Array;
  /** Null when the server wrote it. */
  from: Writer | null;
}

/** `[clientId, clock]`: everything below the clock is in the log. */
export type StoredClock = [clientId: number, clock: number];

export interface ReplicaEvents {
  /** Something waits: call {@linkcode Replica.commit} within 10 ms. */
  commitDue(): void;
  /** A group is in the log. `stored` tells its authors so. */
  committed(updates: readonly CommittedUpdate[], stored: ReadonlyMap<Writer, StoredClock[]>): void;
  /** A snapshot couldn't be read, and was made anew from the log. */
  repaired(error: unknown): void;
  /** The document is dropped; call {@linkcode Replica.rebuild}, for "storage" after a pause. */
  dropped(cause: "tripwire" | "storage", error: unknown): void;
  /** Something that listens to the document threw; the document goes on. */
  listenerFailed(error: unknown): void;
}

export interface ReplicaOptions {
  meetingId: string;
  log: UpdateLog;
  events: ReplicaEvents;
  /** How large the document may grow. */
  bounds: Size;
  clock(): MonotonicMs;
  snapshots: SnapshotLimits;
}

interface Ask {
  asker: Writer;
  stateVector: Uint8Array;
  deliver(update: Uint8Array): void;
}

type Logged = Awaited<ReturnType<UpdateLog["load"]>>;

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

const UNSTORED = "The server can't store changes right now. Yours are kept in your browser.";

export class Replica {
  #doc: Y.Doc;
  #disarm: () => void = () => {};
  #dropped = false;
  #tripped: string | null = null;
  /** Time of the transaction under way, for its log row. */
  #at = 0;
  #pending: (CommittedUpdate & { at: number })[] = [];
  #asks: Ask[] = [];
  #waiters: Waiter[] = [];
  /** Authors of updates that brought nothing new: they are owed a notice all the same. */
  #unchanged = new Set<Writer>();
  /** Each group of each room is a step: they begin at once when nothing waits. */
  readonly #steps = new StepQueue();
  #seq = 0;
  #loggedAt = 0;
  readonly #size: DocumentSize;
  #schedule: SnapshotSchedule;

  private constructor(private readonly options: ReplicaOptions) {
    this.#doc = this.#newDoc();
    this.#size = new DocumentSize(options.bounds);
    this.#schedule = new SnapshotSchedule(options.snapshots, 0, options.clock());
  }

  /** Loads the document from the log. */
  static async open(options: ReplicaOptions, now: number): Promise<Replica> {
    const replica = new Replica(options);
    await replica.#load(now);
    return replica;
  }

  /** The document: read it freely, change it only inside {@linkcode write}. */
  get doc(): Y.Doc {
    return this.#doc;
  }

  /** The time of what was last in the log when it was loaded; 0 when that was empty. */
  get loggedAt(): UnixMs {
    return this.#loggedAt;
  }

  /** False from a failure until the rebuild: nothing is taken in meanwhile. */
  get usable(): boolean {
    return !this.#dropped;
  }

  /** Whether the document holds structs of this client id, or the server writes under it. */
  knowsClient(clientId: number): boolean {
    return clientId === this.#doc.clientID || this.#doc.store.clients.has(clientId);
  }

  /**
   * Judges a client's update and applies it.
   * @throws RoomError `update-refused` or `too-large`; then nothing of it was applied.
   */
  receive(update: Uint8Array, from: Writer, now: number): void {
    if (this.#dropped) return;
    const begin = this.options.clock();
    try {
      this.#take(update, from, now);
    } finally {
      const end = this.options.clock();
      from.spend(end - begin, end);
    }
  }

  #take(update: Uint8Array, from: Writer, now: number): void {
    const verdict = judgeUpdate(this.#doc, update, from);
    if (!verdict.ok) throw refusalOf(verdict);
    if (verdict.noop) {
      this.#unchanged.add(from);
      this.options.events.commitDue();
      return;
    }
    this.#size.admit(this.#doc, verdict.size, verdict.onlyDeletes);
    this.#at = now;
    try {
      Y.applyUpdate(this.#doc, update, from);
    } catch (error) {
      this.#drop("tripwire", error);
      throw new RoomError("update-refused", "Update refused: it could not be applied");
    }
    if (this.#tripped !== null) {
      const root = this.#tripped;
      this.#drop("tripwire", new Error(`a client's update changed ${root}`));
      throw new RoomError("update-refused", `Update refused: ${root} belongs to the server`);
    }
  }

  /** The server's own change. @throws RoomError `unavailable` while the document is dropped. */
  write(now: number, change: (doc: Y.Doc) => void): void {
    if (this.#dropped) throw new RoomError("unavailable", UNSTORED);
    this.#at = now;
    this.#doc.transact(() => change(this.#doc));
  }

  /**
   * Hands over what a client with this (well-formed) state vector lacks, once all of it is in the log. A newer
   * question of the same asker takes the place of one that waits.
   */
  ask(asker: Writer, stateVector: Uint8Array, deliver: (update: Uint8Array) => void): void {
    this.#asks = this.#asks.filter((ask) => ask.asker !== asker);
    this.#asks.push({ asker, stateVector, deliver });
    this.options.events.commitDue();
  }

  /** Resolves when everything applied so far is in the log. @throws RoomError `unavailable` when it can't be. */
  settled(): Promise<void> {
    if (this.#dropped) return Promise.reject(new RoomError("unavailable", UNSTORED));
    if (this.#pending.length === 0 && this.#steps.idle) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.options.events.commitDue();
    });
  }

  /** Commits what waits, as one group behind the group under way. Never rejects. */
  commit(now: number): Promise<void> {
    return this.#steps.runAtOnce(() => this.#commitGroup(now));
  }

  /**
   * Commits, and stores a snapshot of exactly that; answers its last row.
   * @throws RoomError `unavailable` when it can't be stored.
   */
  async checkpoint(now: number): Promise<number> {
    let seq = 0;
    await this.#steps.runAtOnce(async () => {
      await this.#commitGroup(now, true);
      seq = this.#seq;
    });
    if (this.#dropped) throw new RoomError("unavailable", UNSTORED);
    return seq;
  }

  /** Makes the document anew from the log, after it was dropped. */
  rebuild(now: number): Promise<void> {
    return this.#steps.runAtOnce(async () => {
      if (!this.#dropped) return;
      await this.#load(now);
      this.#dropped = false;
    });
  }

  /** Commits, and stores a snapshot if there is anything new since the last one. */
  async close(now: number): Promise<void> {
    await this.commit(now);
    await this.#steps.runAtOnce(async () => {
      if (!this.#dropped && this.#schedule.rows > 0) await this.#snapshot(now, this.#encode());
    });
    this.#disarm();
    this.#doc.destroy();
    this.#dropped = true;
  }

  #newDoc(): ShieldedDoc {
    return new ShieldedDoc((error) => this.options.events.listenerFailed(error));
  }

  async #read(again = false): Promise<Logged & { doc: Y.Doc }> {
    const { log, meetingId, events } = this.options;
    const logged = await log.load(meetingId);
    try {
      return { ...logged, doc: this.#docOf(logged) };
    } catch (error) {
      if (again || await log.repairSnapshots(meetingId) === 0) throw error;
      events.repaired(error);
      return await this.#read(true);
    }
  }

  #docOf({ snapshot, rows }: Logged): Y.Doc {
    const doc = this.#newDoc();
    openRoots(doc);
    doc.transact(() => {
      if (snapshot !== null) Y.applyUpdate(doc, snapshot.state);
      for (const { update } of rows) Y.applyUpdate(doc, update);
    });
    return doc;
  }

  async #load(now: number): Promise<void> {
    const { doc, snapshot, rows } = await this.#read();
    let bytes = snapshot?.state.byteLength ?? 0;
    for (const { update } of rows) bytes += update.byteLength;
    this.#disarm();
    this.#doc.destroy();
    this.#doc = doc;
    this.#size.loaded(doc, bytes);
    this.#schedule = new SnapshotSchedule(
      this.options.snapshots,
      snapshot?.state.byteLength ?? 0,
      // As long ago as the clock says.
      this.options.clock() - Math.max(0, now - (snapshot?.at ?? now)),
    );
    this.#schedule.logged(rows);
    this.#seq = rows.at(-1)?.seq ?? snapshot?.seq ?? 0;
    this.#loggedAt = rows.at(-1)?.at ?? snapshot?.at ?? 0;
    this.#tripped = null;
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      this.#pending.push({ update, at: this.#at, from: isWriter(origin) ? origin : null });
      this.#size.grown(update.byteLength);
      if (this.#pending.length === 1) this.options.events.commitDue();
    });
    this.#disarm = armTripwire(doc, isWriter, (root) => {
      this.#tripped = root;
    });
  }

  async #commitGroup(now: number, checkpoint = false): Promise<void> {
    if (this.#dropped) return;
    const group = this.#pending;
    const asks = this.#asks;
    const waiters = this.#waiters;
    const unchanged = this.#unchanged;
    this.#pending = [];
    this.#asks = [];
    this.#waiters = [];
    if (unchanged.size > 0) this.#unchanged = new Set();
    // All of this is read now: by the time of the commit, the document holds more than the log.
    const stored = this.#storedClocks(group, unchanged);
    const answers = this.#answers(asks);
    if (group.length > 0) this.#schedule.logged(group);
    const due = checkpoint || this.#schedule.due(this.options.clock()) ? this.#encode() : null;
    try {
      if (group.length > 0) {
        this.#seq = await this.options.log.append(this.options.meetingId, group);
      }
    } catch (error) {
      this.#asks = [...asks, ...this.#asks];
      this.#waiters = [...waiters, ...this.#waiters];
      this.#drop("storage", error);
      return;
    }
    this.options.events.committed(group, stored);
    asks.forEach((ask, n) => ask.deliver(answers[n] as Uint8Array));
    for (const waiter of waiters) waiter.resolve();
    if (due !== null) await this.#snapshot(now, due, checkpoint);
  }

  /** Those who come back at once, after a restart for one, mostly lack the same: it is encoded once for all of them. */
  #answers(asks: readonly Ask[]): Uint8Array[] {
    const made: { stateVector: Uint8Array; answer: Uint8Array }[] = [];
    return asks.map((ask) => {
      const same = made.find(({ stateVector }) => sameBytes(stateVector, ask.stateVector));
      if (same !== undefined) return same.answer;
      const answer = this.#answer(ask);
      made.push({ stateVector: ask.stateVector, answer });
      return answer;
    });
  }

  #answer({ asker, stateVector }: Ask): Uint8Array {
    const begin = this.options.clock();
    const answer = Y.encodeStateAsUpdate(this.#doc, stateVector);
    const end = this.options.clock();
    asker.spend(end - begin, end);
    return answer;
  }

  #storedClocks(
    group: readonly CommittedUpdate[],
    unchanged: ReadonlySet<Writer>,
  ): Map<Writer, StoredClock[]> {
    const stored = new Map<Writer, StoredClock[]>();
    const add = (writer: Writer) => {
      if (stored.has(writer)) return;
      const clocks: StoredClock[] = [];
      for (const id of writer.clientIds) clocks.push([id, Y.getState(this.#doc.store, id)]);
      stored.set(writer, clocks);
    };
    for (const { from } of group) if (from !== null) add(from);
    for (const writer of unchanged) add(writer);
    return stored;
  }

  #encode(): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc);
  }

  /** A snapshot only makes loading quicker: when it can't be stored, the log still has everything. */
  async #snapshot(now: number, state: Uint8Array, needed = false): Promise<void> {
    const seq = this.#seq;
    this.#schedule.taken(state.byteLength, this.options.clock());
    this.#size.encoded(state.byteLength);
    await this.options.log.saveSnapshot(this.options.meetingId, { seq, at: now, state })
      .catch((error) => {
        if (needed) throw new RoomError("unavailable", UNSTORED, { cause: error });
      });
  }

  #drop(cause: "tripwire" | "storage", error: unknown): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.#pending = [];
    this.#unchanged.clear();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.reject(new RoomError("unavailable", UNSTORED));
    this.options.events.dropped(cause, error);
  }
}

/** People who were at it when a right was taken from them read this too. */
function refusalOf({ kind, reason }: { kind: RefusalKind; reason: string }): RoomError {
  return new RoomError(
    "update-refused",
    kind === "forbidden"
      ? "You may not change this right now. What you did last was not kept, everything before it was."
      : `Update refused: ${reason}`,
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, n) => byte === b[n]);
}

function isWriter(origin: unknown): origin is Writer {
  return typeof origin === "object" && origin !== null && "ownsClient" in origin;
}
