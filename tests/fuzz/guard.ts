/**
 * Fuzzes the guard: honest, mutated and forged updates are judged, and what is accepted is applied.
 *
 * A violation is whatever an accepted update must never do (see rooms/document/guard/guard.ts), or a guard that throws
 * or changes the document. Runs come in episodes of {@linkcode EPISODE_RUNS} on a fresh meeting; episode `n` of
 * seed `s` is episode 0 of seed `s + n`, so any violation is repeated by `--seed (s + n) --runs 40`.
 */
import * as Y from "yjs";
import { judgeUpdate, type RefusalKind } from "../../rooms/document/guard/guard.ts";
import {
  filesOf,
  type RootName,
  runsOf,
  SERVER_ROOTS,
  whiteboardOf,
} from "../../rooms/contract/document/schema.ts";
import { measureHeap } from "../../rooms/document/size.ts";
import { armTripwire } from "../../rooms/document/tripwire.ts";
import {
  type ForgedBlock,
  type ForgedContent,
  type ForgedDelete,
  type ForgedId,
  type ForgedItem,
  type ForgedStruct,
  forgeUpdate,
} from "./guard/forge.ts";
import {
  ALL_ROOTS,
  CLIENTS,
  contentOf,
  newReplica,
  openMeeting,
  rightsFor,
} from "./guard/meeting.ts";
import { Random } from "./guard/random.ts";
import { misfits, writeOddly } from "./guard/shapes.ts";
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
  private readonly random: Random;
  private readonly doc = openMeeting();
  /** Hears only what the room would relay: the document's own update events. */
  private readonly mirror = newReplica(CLIENTS.peer + 1);
  private readonly mayWrite: readonly RootName[];
  private readonly violations: string[] = [];
  private readonly origin = { client: true };
  private before = contentOf(this.doc);

  constructor(private readonly seed: number, private readonly tally: Tally) {
    this.random = new Random(seed);
    this.mayWrite = this.random.pick<readonly RootName[]>([
      ["whiteboard", "files", "runs"],
      ["whiteboard"],
      ["files"],
      ["whiteboard", "runs"],
    ]);
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
      const [update, forged] = this.nextUpdate();
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

  private nextUpdate(): [update: Uint8Array, forged: boolean] {
    const choice = this.random.next();
    if (choice < 0.15) return [this.honest(), false];
    if (choice < 0.3) return [this.mutate(this.honest()), true];
    if (choice < 0.5) return [this.odd(), true];
    const forged = this.forge();
    return [this.random.chance(0.1) ? this.mutate(forged) : forged, true];
  }

  /** What a Yjs client would send whose page writes anything anywhere. */
  private odd(): Uint8Array {
    const { random } = this;
    return this.edited((replica) => {
      for (let edits = 1 + random.below(3); edits > 0; edits--) {
        writeOddly(replica, random, this.mayWrite);
      }
    });
  }

  /** What a Yjs client would send: edits in roots that the sender may write, then a diff or the whole state. */
  private honest(): Uint8Array {
    const { random } = this;
    return this.edited((replica) => {
      for (let edits = 1 + random.below(3); edits > 0; edits--) {
        this.edit(replica, random.pick(this.mayWrite));
      }
    });
  }

  private edited(edit: (replica: Y.Doc) => void): Uint8Array {
    const replica = newReplica(1);
    Y.applyUpdate(replica, Y.encodeStateAsUpdate(this.doc));
    replica.clientID = CLIENTS.sender;
    replica.transact(() => edit(replica));
    const since = this.random.chance(0.8) ? Y.encodeStateVector(this.doc) : undefined;
    const update = Y.encodeStateAsUpdate(replica, since);
    replica.destroy();
    return update;
  }

  private edit(replica: Y.Doc, root: RootName): void {
    const { random } = this;
    if (root === "whiteboard") {
      const board = whiteboardOf(replica);
      const key = `shape:${random.below(4)}`;
      const record = board.get(key);
      if (!(record instanceof Y.Map)) board.set(key, new Y.Map([["x", random.below(9)]]));
      else if (random.chance(0.3)) board.delete(key);
      else record.set(random.pick(["x", "y"]), random.below(9));
    } else if (root === "files") {
      const file: unknown = filesOf(replica).get("f1");
      const text = file instanceof Y.Map ? file.get("text") : undefined;
      if (!(text instanceof Y.Text)) {
        filesOf(replica).set("f1", new Y.Map([["text", new Y.Text("a")]]));
      } else if (text.length > 3 && random.chance(0.4)) {
        text.delete(random.below(text.length - 1), 1);
      } else text.insert(random.below(text.length + 1), random.pick(["x", "ab", "é", "\n"]));
    } else {
      const runs = runsOf(replica);
      if (runs.length > 2) runs.delete(0);
      else runs.push([new Y.Map<unknown>([["id", "r"], ["output", new Y.Text("1")]])]);
    }
  }

  private mutate(update: Uint8Array): Uint8Array {
    const { random } = this;
    let bytes = update.slice();
    for (let times = 1 + random.below(3); times > 0; times--) {
      const at = random.below(bytes.length);
      switch (random.below(5)) {
        case 0:
          bytes[at] = random.below(256);
          break;
        case 1:
          bytes[at] = bytes[at]! ^ (1 << random.below(8));
          break;
        case 2:
          bytes = bytes.slice(0, at + 1);
          break;
        case 3:
          bytes = Uint8Array.of(...bytes.subarray(0, at), random.below(256), ...bytes.subarray(at));
          break;
        default:
          bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1));
      }
      if (bytes.length === 0) bytes = new Uint8Array([0]);
    }
    return bytes;
  }

  /** Well-formed bytes with references, parents and clocks that are mostly possible and sometimes not. */
  private forge(): Uint8Array {
    const { random } = this;
    const clients: number[] = [CLIENTS.sender];
    if (random.chance(0.4)) clients.push(CLIENTS.earlier);
    if (random.chance(0.05)) clients.push(random.pick([CLIENTS.server, CLIENTS.peer, 1, 0]));
    if (random.chance(0.03)) clients.push(CLIENTS.sender);
    const blocks: ForgedBlock[] = [];
    const upcoming: ForgedId[] = [];
    for (const client of clients) {
      let clock = Y.getState(this.doc.store, client);
      if (random.chance(0.15)) clock = Math.max(0, clock + random.below(9) - 5);
      const structs: ForgedStruct[] = [];
      let end = clock;
      for (let count = 1 + random.below(4); count > 0; count--) {
        const struct = this.forgeStruct(upcoming, { client, clock: end });
        structs.push(struct);
        const length = lengthOf(struct);
        if (length > 0) upcoming.push({ client, clock: end + random.below(length) });
        end += length;
      }
      blocks.push({ client, clock, structs });
    }
    if (random.chance(0.3)) blocks.reverse();
    return forgeUpdate(random.chance(0.1) ? [] : blocks, this.forgeDeletes(blocks));
  }

  private forgeStruct(upcoming: readonly ForgedId[], own: ForgedId): ForgedStruct {
    const { random } = this;
    if (random.chance(0.05)) return { gc: 1 + random.below(3) };
    if (random.chance(0.01)) return { skip: 1 + random.below(3) };
    const reference = (): ForgedId => {
      if (upcoming.length > 0 && random.chance(0.35)) return random.pick(upcoming);
      if (random.chance(0.03)) return { client: own.client, clock: own.clock + random.below(3) };
      return this.storedId();
    };
    const item: ForgedItem = { content: this.forgeContent() };
    if (random.chance(0.4)) item.origin = reference();
    if (random.chance(0.3)) item.rightOrigin = reference();
    if (random.chance(0.5)) item.parent = reference();
    else {
      item.parent = random.chance(0.9) ? random.pick(this.mayWrite) : random.pick(ALL_ROOTS);
      if (random.chance(0.01)) item.parent = "other";
    }
    if (random.chance(0.6)) {
      item.key = random.pick(["x", "text", "shape:1", "shape:9", "f1", "props", "segments"]);
    }
    return item;
  }

  private forgeContent(): ForgedContent {
    const { random } = this;
    switch (random.below(20)) {
      case 0:
        return { kind: "deleted", length: 1 + random.below(3) };
      case 1:
        return { kind: "bytes", bytes: new Uint8Array(random.below(4)) };
      case 2:
      case 3:
      case 4:
      case 5:
        return { kind: "text", text: random.pick(["a", "hello", "😀", "é😀b"]) };
      case 6:
      case 7:
      case 8:
        return { kind: "type", ref: random.below(3) };
      case 9:
        return random.pick<ForgedContent>([
          { kind: "type", ref: 3 + random.below(6) },
          { kind: "json", values: ["1"] },
          { kind: "embed", json: "{}" },
          { kind: "format", key: "bold", json: "true" },
          { kind: "document", guid: "g", options: {} },
        ]);
      default: {
        const values = [random.pick<unknown>([1, "v", null, true, { a: [1] }, 1.5])];
        while (random.chance(0.15)) values.push(random.below(5));
        return { kind: "values", values };
      }
    }
  }

  private forgeDeletes(blocks: readonly ForgedBlock[]): ForgedDelete[] {
    const { random } = this;
    const deletes: ForgedDelete[] = [];
    const clients = new Set(blocks.map(({ client }) => client));
    for (const client of this.doc.store.clients.keys()) clients.add(client);
    for (const client of clients) {
      if (!random.chance(0.2)) continue;
      const end = Y.getState(this.doc.store, client) + random.below(4);
      const ranges: [number, number][] = [];
      let clock = random.below(end + 1);
      while (ranges.length < 3 && clock < end) {
        const length = 1 + random.below(3);
        ranges.push([clock, length]);
        clock += length + random.below(4);
      }
      deletes.push({ client, ranges });
    }
    return deletes;
  }

  /** An id that the document holds; more often than not at an end of a struct in a root within reach. */
  private storedId(): ForgedId {
    const { random } = this;
    const clients = [...this.doc.store.clients.entries()];
    const [client, structs] = random.chance(0.15)
      ? random.pick(clients)
      : random.pick(clients.filter(([id]) => id !== CLIENTS.server));
    const struct = random.pick(structs);
    const offset = random.chance(0.5) ? struct.length - 1 : random.below(struct.length);
    return { client, clock: struct.id.clock + offset };
  }
}

function lengthOf(struct: ForgedStruct): number {
  if ("gc" in struct) return struct.gc;
  if ("skip" in struct) return struct.skip;
  const { content } = struct;
  if (content.kind === "deleted") return content.length;
  if (content.kind === "text") return content.text.length;
  return content.kind === "values" || content.kind === "json" ? content.values.length : 1;
}

function clocksOf(doc: Y.Doc): Map<number, number> {
  return Y.decodeStateVector(Y.encodeStateVector(doc));
}

function countStructs(doc: Y.Doc): number {
  let count = 0;
  for (const structs of doc.store.clients.values()) count += structs.length;
  return count;
}
