/**
 * What can't be dealt with because of a fault of its own is set aside, so that everything else goes on.
 *
 * For whoever walks over stored things. No I/O: the time is an argument, in milliseconds of a monotonic clock.
 * Invariants: the fault of one thing never reaches another; it is reported once, and the thing is tried again with
 * growing distance until it is well or gone.
 */
import type { MonotonicMs } from "./clocks.ts";
import type { Logger } from "./contract/logger.ts";

/** What was to be done with the thing. */
export type Task =
  /** Opening the room of a meeting. */
  | "room"
  /** What a room that is open does a few times a second. */
  | "tick"
  /** Completing a meeting after its end. */
  | "completion"
  /** Reading a meeting for a list. */
  | "meeting"
  | "reminder"
  /** Making mails of an event. */
  | "event"
  | "mail"
  | "delivery"
  /** Sorting a group of the log's journal into blocks. */
  | "log"
  /** Ending a recording whose meeting is over. */
  | "recording"
  /** Going on with a recording in a new thread, or storing what comes of it. */
  | "recorded"
  /** Forgetting what was logged in a recording's pauses. */
  | "pauses"
  /** Deleting a recording that was kept long enough. */
  | "retention"
  /** Completing a track's file. */
  | "track"
  /** Moving a track's media into the object store. */
  | "media"
  /** Removing an object that nothing refers to. */
  | "object"
  /** Deleting old rows of a table. */
  | "pruning"
  /** One of the walks as a whole. */
  | "walk";

export interface QuarantineReports {
  /** The thing is set aside. */
  failed(task: Task, id: string, error: unknown): void;
  /** It could be dealt with again, or is gone. */
  released(task: Task, id: string): void;
}

/** Reports for whoever reads the log. */
export function reportsTo(logger: Pick<Logger, "error" | "info">): QuarantineReports {
  return {
    failed: (task, id, error) =>
      logger.error("set aside after a fault, and tried again later", { task, id, error }),
    released: (task, id) => logger.info("not set aside any more", { task, id }),
  };
}

interface SetAside {
  task: Task;
  id: string;
  faults: number;
  retryAt: MonotonicMs;
}

/** Wait after the first fault; it doubles with each further one up to the limit. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 10 * 60_000;
/** What is tried when somebody asks for it is forgotten when nobody did for so long. */
const FORGET_MS = 3_600_000;
const ASKED_FOR: ReadonlySet<Task> = new Set(["room", "meeting"]);
/** More faults than this at once are counted, and nothing else. */
const MAX_THINGS = 10_000;

export class Quarantine {
  readonly #things = new Map<string, SetAside>();
  #total = 0;

  constructor(private readonly reports: QuarantineReports) {}

  /** Does the work unless the thing is set aside; false when it wasn't done. Never rejects. */
  async attempt(task: Task, id: string, now: MonotonicMs, work: () => unknown): Promise<boolean> {
    if (this.holds(task, id, now)) return false;
    try {
      await work();
    } catch (error) {
      this.failed(task, id, error, now);
      return false;
    }
    this.release(task, id);
    return true;
  }

  /** Does the work for each of all things that the task has now; answers for how many it was done. Never rejects. */
  async each(
    task: Task,
    ids: readonly string[],
    now: MonotonicMs,
    work: (id: string) => unknown,
  ): Promise<number> {
    this.keep(task, ids);
    let done = 0;
    for (const id of ids) if (await this.attempt(task, id, now, () => work(id))) done++;
    return done;
  }

  /** Whether it is too early to try the thing again. */
  holds(task: Task, id: string, now: MonotonicMs): boolean {
    const thing = this.#things.get(keyOf(task, id));
    return thing !== undefined && now < thing.retryAt;
  }

  /** The things of a task that aren't to be tried yet. */
  held(task: Task, now: MonotonicMs): string[] {
    return [...this.#things.values()]
      .filter((thing) => thing.task === task && now < thing.retryAt)
      .map(({ id }) => id);
  }

  /** How often in a row the thing has failed. */
  faults(task: Task, id: string): number {
    return this.#things.get(keyOf(task, id))?.faults ?? 0;
  }

  /** The thing can't be dealt with. */
  failed(task: Task, id: string, error: unknown, now: MonotonicMs): void {
    const key = keyOf(task, id);
    const thing = this.#things.get(key);
    if (thing !== undefined) {
      thing.retryAt = now + Math.min(RETRY_MS * 2 ** thing.faults++, MAX_RETRY_MS);
      return;
    }
    this.#total++;
    if (this.#things.size >= MAX_THINGS) return;
    this.#things.set(key, { task, id, faults: 1, retryAt: now + RETRY_MS });
    this.reports.failed(task, id, error);
  }

  /** The thing could be dealt with. */
  release(task: Task, id: string): void {
    if (this.#things.delete(keyOf(task, id))) this.reports.released(task, id);
  }

  /** The task has no other things than these any more. */
  keep(task: Task, ids: Iterable<string>): void {
    const kept = new Set(ids);
    for (const thing of [...this.#things.values()]) {
      if (thing.task === task && !kept.has(thing.id)) this.release(task, thing.id);
    }
  }

  clear(): void {
    this.#things.clear();
  }

  /** How many things of each task are set aside at this time. */
  setAside(now: MonotonicMs): Map<Task, number> {
    const counts = new Map<Task, number>();
    for (const [key, { task, retryAt }] of this.#things) {
      if (ASKED_FOR.has(task) && now - retryAt > FORGET_MS) this.#things.delete(key);
      else counts.set(task, (counts.get(task) ?? 0) + 1);
    }
    return counts;
  }

  /** How many were ever set aside. */
  get total(): number {
    return this.#total;
  }
}

function keyOf(task: Task, id: string): string {
  return `${task} ${id}`;
}
