/**
 * Judges a client's update before it is applied: who wrote it, what it builds on, and which roots it touches.
 *
 * Pure with regard to the document, and total: any bytes get a verdict. What can't be decided is refused.
 * The caller applies what is accepted, and closes the connection of whoever sent what is refused.
 *
 * Invariants of an accepted update:
 * - Applying it neither throws nor leaves anything pending: all that it builds on is there.
 * - Each struct that is new to the document carries a client id of the sender's.
 * - It inserts, overwrites and deletes in roots that the sender may write, and never in a server's root.
 * - Types hold what their kind holds: maps single entries by key, arrays values and types, texts text.
 * - What it inserts has the shape that the schema gives its place, nested types, keys and values included. Deleting is
 *   free of that: what has no place in a meeting may go.
 */
import * as Y from "yjs";
import { judgeContent } from "./content.ts";
import { type DecodedStruct, type DecodedUpdate, decodeUpdate } from "./decode.ts";
import { type Place, placeOfStored, placeStructs } from "./place.ts";
import { DEFAULT_BOUNDS, type GuardBounds, Refusal, type RefusalKind, refuse } from "./refusal.ts";
import { Work } from "./work.ts";
import { type RootName, SERVER_ROOTS } from "../../contract/document/schema.ts";
import { HEAP, type Size } from "../size.ts";

export { DEFAULT_BOUNDS, type GuardBounds, type RefusalKind };

/** What the sender of an update may do. */
export interface GuardRights {
  mayWrite(root: RootName): boolean;
  /** Whether the sender writes under this Yjs client id, now or in an earlier visit. */
  ownsClient(clientId: number): boolean;
}

export type Verdict =
  /**
   * `noop`: the document holds all of it already. `touched`: the roots that it changes. `work`: what applying costs
   * beyond its length, at most, in steps of {@linkcode GuardBounds.maxWork}. `size`: what it adds, at most.
   */
  | {
    ok: true;
    noop: boolean;
    touched: ReadonlySet<RootName>;
    work: number;
    size: Size;
    onlyDeletes: boolean;
  }
  | { ok: false; kind: RefusalKind; reason: string };

/** Decides whether `update` (Yjs v1) may be applied to `doc` for a sender with these rights. Never throws. */
export function judgeUpdate(
  doc: Y.Doc,
  update: Uint8Array,
  rights: GuardRights,
  bounds: GuardBounds = DEFAULT_BOUNDS,
): Verdict {
  try {
    if (update.length > bounds.maxUpdateBytes) {
      refuse("too-large", `${update.length} bytes, ${bounds.maxUpdateBytes} are allowed`);
    }
    return new Judgement(doc, update, rights, bounds).verdict();
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, kind: error.kind, reason: error.message };
    // lib0's decoder throws plain errors where the bytes end too early or aren't UTF-8.
    return {
      ok: false,
      kind: "malformed",
      reason: error instanceof Error ? error.message : "undecidable",
    };
  }
}

class Judgement {
  private readonly touched = new Set<RootName>();
  private noop = true;
  /** Structs that are new to the document, and the memory that they take. */
  private items = 0;
  private heapBytes = 0;
  private readonly update: DecodedUpdate;
  private readonly work: Work;

  constructor(
    private readonly doc: Y.Doc,
    private readonly bytes: Uint8Array,
    private readonly rights: GuardRights,
    bounds: GuardBounds,
  ) {
    this.update = decodeUpdate(bytes, bounds);
    this.work = new Work(doc, this.update, bounds.maxWork);
  }

  verdict(): Verdict {
    this.judgeClients();
    placeStructs(
      this.doc,
      this.update,
      this.work,
      (struct, place) => this.judgeInsert(struct, place),
    );
    this.judgeDeletes();
    const { steps, cuts } = this.work;
    const size = {
      bytes: this.bytes.length,
      items: this.items + cuts,
      heapBytes: this.heapBytes + cuts * HEAP.item,
    };
    const onlyDeletes = this.items === 0;
    return { ok: true, noop: this.noop, touched: this.touched, work: steps, size, onlyDeletes };
  }

  private judgeClients(): void {
    for (const { client, start, end } of this.update.blocks.values()) {
      const known = Y.getState(this.doc.store, client);
      if (start > known) refuse("missing-dependency", `${client}:${known} comes before ${start}`);
      if (end <= known) continue;
      if (!this.rights.ownsClient(client)) refuse("foreign-client", `client ${client}`);
      this.noop = false;
    }
  }

  private judgeInsert(struct: DecodedStruct, place: Place | null): void {
    this.items++;
    this.heapBytes += struct.heapBytes;
    if (place === null) return; // becomes a GC: it takes numbers of the sender's own and shows nowhere
    this.touch(place.root);
    if ((place.kind === "map") !== (place.key !== null)) {
      refuse("content", place.key === null ? "a map's entry without a key" : "a key outside a map");
    }
    if (struct.content === "deleted") return;
    if ((place.kind === "text") !== (struct.content === "text")) {
      refuse("content", `${struct.content} in a ${place.kind}`);
    }
    // A live entry of length 2 can be split later, and collecting its parent then throws inside Yjs. Dead ones
    // are honest: an undo manager keeps overwritten values, and Yjs merges them.
    if (place.key !== null && struct.length > 1 && !this.deletesAllOf(struct)) {
      refuse("content", "a map's entry with several values");
    }
    judgeContent(this.bytes, struct, place);
  }

  private deletesAllOf({ client, clock, length }: DecodedStruct): boolean {
    const ranges = this.update.deletes.get(client) ?? [];
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ranges[middle]!.end <= clock) low = middle + 1;
      else high = middle;
    }
    const range = ranges[low];
    return range !== undefined && range.start <= clock && clock + length <= range.end;
  }

  /** Only what is still alive counts: a resync repeats every deletion of the document. */
  private judgeDeletes(): void {
    const { store } = this.doc;
    for (const [client, ranges] of this.update.deletes) {
      const known = Y.getState(store, client);
      const last = Math.max(known, this.update.blocks.get(client)?.end ?? 0);
      const structs = store.clients.get(client) ?? [];
      for (const { start, end } of ranges) {
        if (end > last) refuse("missing-dependency", `deletes ${client}:${last} and beyond`);
        // What is in the update is placed and judged; where the range begins or ends there, an item may be cut.
        if (end > known) this.work.split(0);
        if (start >= known) {
          this.work.split(0);
          continue;
        }
        let joins = false;
        for (let i = Y.findIndexSS(structs, start); i < structs.length; i++) {
          const struct = structs[i]!;
          if (struct.id.clock >= end) break;
          if (struct.deleted) {
            joins = false;
            continue;
          }
          // Deleted neighbours become one: each run of them is taken out of the array once.
          if (!joins) this.work.move(structs.length - i);
          joins = true;
          if (struct.id.clock < start) this.work.split(structs.length - i);
          if (struct.id.clock + struct.length > end) this.work.split(structs.length - i);
          this.noop = false;
          const place = placeOfStored(struct);
          if (place !== null) this.touch(place.root);
        }
      }
    }
  }

  private touch(root: RootName): void {
    if (this.touched.has(root)) return;
    if (SERVER_ROOTS.has(root) || !this.rights.mayWrite(root)) refuse("forbidden", `root ${root}`);
    this.touched.add(root);
  }
}
