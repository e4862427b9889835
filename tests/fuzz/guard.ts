/**
 * Fuzzes the guard: honest, mutated and forged updates are judged, and what is accepted is applied.
 *
 * A violation is whatever an accepted update must never do (see rooms/document/guard/guard.ts), or a guard that throws
 * or changes the document. Runs come in episodes of {@linkcode EPISODE_RUNS} on a fresh meeting; episode `n` of
 * seed `s` is episode 0 of seed `s + n`, so any violation is repeated by `--seed (s + n) --runs 40`.
 */
import * as Y from "yjs";
import { judgeUpdate, type RefusalKind } from "../../rooms/document/guard/guard.ts";
import { type RootName, SERVER_ROOTS } from "../../rooms/contract/document/schema.ts";
import { measureHeap } from "../../rooms/document/size.ts";
import { armTripwire } from "../../rooms/document/tripwire.ts";
import {
  ALL_ROOTS,
  CLIENTS,
  contentOf,
  newReplica,
  openMeeting,
  rightsFor,
} from "./guard/meeting.ts";
import { Random } from "./guard/random.ts";
import { misfits } from "./guard/shapes.ts";
import { UpdateSource } from "./guard/updates.ts";
import { countWalk } from "./guard/walk.ts";
import type { FuzzOptions, FuzzResult } from "./run.ts";

export const DEFAULT_RUNS = 50_000;
const EPISODE_RUNS = 40;
const MAX_VIOLATIONS = 20;

export async function fuzz({ seed, runs, progress }: FuzzOptions): Promise<FuzzResult> {
  const tally: Tally = { accepted: 0, acceptedForged: 0, noop: 0, refused: {} };
  const violations: string[] = [];
  let done = 0;
  for (let episode = 0; done < runs && violations.length < MAX_VIOLATIONS; episode++) {
    const count = Math.min(EPISODE_RUNS, runs - done);
    violations.push(...new Episode(seed + episode, tally).run(count));
    done += count;
    progress?.(done);
    if (episode % 50 === 0) await Promise.resolve();
  }
  return { runs: done, violations, ...tally };
}

interface Tally {
  accepted: number;
  /** Accepted updates that no Yjs client would send. */
  acceptedForged: number;
  noop: number;
  refused: Partial<Record<RefusalKind, number>>;
}

class Episode {
  private readonly updates: UpdateSource;
  private readonly doc = openMeeting();
  /** Hears only what the room would relay: the document's own update events. */
  private readonly mirror = newReplica(CLIENTS.peer + 1);
  private readonly mayWrite: readonly RootName[];
  private readonly violations: string[] = [];
  private readonly origin = { client: true };
  private before = contentOf(this.doc);

  constructor(private readonly seed: number, private readonly tally: Tally) {
    const random = new Random(seed);
    this.mayWrite = random.pick<readonly RootName[]>([
      ["whiteboard", "files", "runs"],
      ["whiteboard"],
      ["files"],
      ["whiteboard", "runs"],
    ]);
    this.updates = new UpdateSource(random, this.doc, this.mayWrite);
    Y.applyUpdate(this.mirror, Y.encodeStateAsUpdate(this.doc));
    this.doc.on("update", (update: Uint8Array) => Y.applyUpdate(this.mirror, update));
    armTripwire(
      this.doc,
      (origin) => origin === this.origin,
      (root) => this.report(`trips ${root}`),
    );
  }

  run(count: number): string[] {
    let last: Uint8Array = new Uint8Array();
    for (let i = 0; i < count && this.violations.length === 0; i++) {
      const [update, forged] = this.updates.next();
      last = update;
      try {
        this.try(update, forged);
      } catch (error) {
        this.report(`throws ${(error as Error).message}`);
      }
    }
    const hex = last.length < 400 ? last.toHex() : `${last.length} bytes`;
    for (const doc of [this.doc, this.mirror]) doc.destroy();
    return this.violations.map((what) => `seed ${this.seed}: ${what} [${hex}]`);
  }

  private report(what: string): void {
    this.violations.push(what);
  }

  private try(update: Uint8Array, forged: boolean): void {
    const { doc } = this;
    const structsBefore = countStructs(doc);
    const rootsBefore = doc.share.size;
    const rights = rightsFor(this.mayWrite);
    const verdict = judgeUpdate(doc, update, rights);
    if (countStructs(doc) !== structsBefore || doc.share.size !== rootsBefore) {
      this.report("the guard changed the document");
    }
    if (!verdict.ok) {
      this.tally.refused[verdict.kind] = (this.tally.refused[verdict.kind] ?? 0) + 1;
      return;
    }
    this.tally.accepted++;
    if (forged) this.tally.acceptedForged++;
    if (verdict.noop) this.tally.noop++;

    const clocksBefore = clocksOf(doc);
    const sizeBefore = measureHeap(doc);
    const walked = countWalk(() => Y.applyUpdate(doc, update, this.origin));
    // The step at which a walk ends is free, and the mirror walks as far.
    if (walked > 2 * (verdict.work + Y.decodeUpdate(update).structs.length)) {
      this.report(`${walked} steps of a walk, ${verdict.work} charged`);
    }

    if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
      this.report("something is left pending");
    }
    if (doc.share.size !== rootsBefore) this.report("a root came to be");
    for (const [client, clock] of clocksOf(doc)) {
      if (clock === (clocksBefore.get(client) ?? 0)) continue;
      if (verdict.noop) this.report(`a no-op wrote as client ${client}`);
      if (!rights.ownsClient(client)) this.report(`new structs of client ${client}`);
    }
    const after = contentOf(doc);
    for (const root of ALL_ROOTS) {
      if (after[root] === this.before[root]) continue;
      if (SERVER_ROOTS.has(root)) this.report(`server root ${root} changed`);
      if (!verdict.touched.has(root)) this.report(`${root} changed without being named as touched`);
      if (!this.mayWrite.includes(root)) this.report(`${root} changed without the right to`);
    }
    const size = measureHeap(doc);
    for (const what of ["items", "heapBytes"] as const) {
      const grown = size[what] - sizeBefore[what];
      if (grown > verdict.size[what]) {
        this.report(`${grown} ${what} more, ${verdict.size[what]} told`);
      }
    }
    const [misfit] = misfits(doc);
    if (misfit !== undefined) this.report(`${misfit} has no place there`);
    this.before = after;
    this.compare("a peer", this.mirror);
    const reloaded = newReplica(1);
    Y.applyUpdate(reloaded, Y.encodeStateAsUpdate(doc));
    this.compare("the reloaded document", reloaded);
    reloaded.destroy();
  }

  private compare(who: string, other: Y.Doc): void {
    if (other.store.pendingStructs !== null || other.store.pendingDs !== null) {
      this.report(`${who} waits for something`);
    }
    const content = contentOf(other);
    for (const root of ALL_ROOTS) {
      if (content[root] !== this.before[root]) this.report(`${who} differs in ${root}`);
    }
  }
}

function clocksOf(doc: Y.Doc): Map<number, number> {
  return Y.decodeStateVector(Y.encodeStateVector(doc));
}

function countStructs(doc: Y.Doc): number {
  let count = 0;
  for (const structs of doc.store.clients.values()) count += structs.length;
  return count;
}
