/**
 * Bounds what applying an update may cost, before it is applied.
 *
 * Yjs puts an item between its two origins by walking over whatever lies between them already, and splits or merges
 * items by moving the tail of its client's array. Both are nothing in what people do, and quadratic in what can be
 * written by hand: two updates of 40 kB with 4,000 items each at one place kept the event loop for 2 s.
 *
 * Invariant: the walk that Yjs makes for an item is never longer than what is charged for it here. An honest item is
 * charged what was put between its neighbours by others meanwhile:
 * - Yjs ends its walk at the item's right neighbour, or behind the last item that descends from its left neighbour.
 * - Beside a stored left neighbour the stored items up to the right one are counted.
 * - Whatever descends from an item of this update is in this update, so the first child of such an item walks nowhere.
 *   A later one doesn't either when its right neighbour is its previous sibling, as it is for anybody who types in front
 *   of what they typed.
 * - What is left can meet no more than the items of this update in the same list.
 */
import * as Y from "yjs";
import type { DecodedStruct, DecodedUpdate, StructId } from "./decode.ts";
import type { Place } from "./place.ts";
import { refuse } from "./refusal.ts";

/** Structs of one client that are moved in the time of one step of a walk (125 ns; measured). */
const MOVED_PER_STEP = 512;

/** One list: the items of a sequence, or the entries of a map that had one key. */
interface List {
  /** Items of this update in it so far. */
  items: number;
  head: Family | null;
}

/** Items that were inserted behind the same left neighbour. */
interface Family {
  latest: StructId;
  /** Stored items between the neighbours of the first of them. */
  gap: number;
  /** Every later one lies right in front of the one before it, and what descends from those behind that. */
  orderly: boolean;
  /** The family behind a stored item that this one descends from: itself, mostly. */
  stem: Family | null;
  /** Items of this update that descend from it, counted at its stem. */
  descendants: number;
  /** The stored left neighbour of the stem. */
  base: StructId | null;
}

/** An item that is about to be placed. */
export interface Insertion {
  id: StructId;
  struct: DecodedStruct;
  place: Place;
  left: StructId | null;
  right: StructId | null;
  /** Whether the left neighbour is, or is the middle of, an item of this update. A list's start counts as stored. */
  leftIs: "stored" | "new" | "inside new";
  /** The item of this update that the left neighbour is of. */
  leftStruct: DecodedStruct | null;
  rightIsNew: boolean;
  /** Items of this update that have to be cut for it. */
  cutsOfNew: number;
}

export class Work {
  /** In steps of a walk. */
  #steps = 0;
  readonly #lists = new Map<unknown, Map<string | null, List>>();
  readonly #families = new Map<number, Map<number, Family>>();
  readonly #stems = new Map<DecodedStruct, Family>();
  /** By item of this update: the clock with which the run begins that Yjs may make one item of, up to it. */
  readonly #runs = new Map<DecodedStruct, number>();

  /** Structs that the update brings, and those that its cuts make. */
  #added: number;
  #cuts = 0;

  constructor(private readonly doc: Y.Doc, update: DecodedUpdate, private readonly bound: number) {
    this.#added = update.structs;
  }

  /** Structs that its cuts make, at most. */
  get cuts(): number {
    return this.#cuts;
  }

  get steps(): number {
    return Math.ceil(this.#steps);
  }

  /** @throws Refusal `too-large`, here and below, once the sum is over the bound. */
  insert(insertion: Insertion): void {
    const { id, place, left, right } = insertion;
    this.#checkSides(insertion);
    for (let cuts = insertion.cutsOfNew; cuts > 0; cuts--) this.split(0);
    if (left !== null && insertion.leftIs === "stored") this.cut(left.client, left.clock + 1);
    if (right !== null && !insertion.rightIsNew) this.cut(right.client, right.clock);
    const list = this.#list(place);
    let family = left === null ? list.head : this.#families.get(left.client)?.get(left.clock);
    if (left === null && place.key !== null) {
      // Yjs goes to the key's first entry from its last, before the walk and again after it.
      this.charge(2 * (this.#chain(place) + list.items));
    }
    if (family === null || family === undefined) family = this.#first(insertion, list);
    else {
      if (right === null || !sameId(right, family.latest)) family.orderly = false;
      if (!family.orderly) this.charge(family.gap + 3 * list.items);
      else if (family.gap > 0) this.charge(family.gap + 3 * (list.items - family.descendants));
      family.latest = id;
    }
    const stem = family.stem ?? family;
    stem.descendants++;
    this.#stems.set(insertion.struct, stem);
    list.items++;
  }

  /**
   * Where the right neighbour lies in front of the left one, both in items that Yjs may merge, a replica that has merged
   * them cuts the left one at the right one, and puts the item elsewhere than one that hasn't.
   * @throws Refusal `malformed`
   */
  #checkSides({ struct, left, right, leftStruct }: Insertion): void {
    const { client, clock, origin } = struct;
    let begin = clock;
    if (leftStruct !== null && origin !== null) {
      const leftBegin = this.#runs.get(leftStruct) ?? leftStruct.clock;
      if (sameId(origin, { client, clock: clock - 1 })) begin = leftBegin;
      const isBehind = right !== null && right.client === left!.client && right.clock < left!.clock;
      if (isBehind && right.clock >= leftBegin) {
        refuse(
          "malformed",
          `${right.client}:${right.clock} is named as a right neighbour, but lies left`,
        );
      }
    }
    this.#runs.set(struct, begin);
  }

  /** Yjs will cut the item that holds this clock in front of it, unless the item begins there. */
  cut(client: number, clock: number): void {
    const structs = this.doc.store.clients.get(client);
    if (structs === undefined || clock >= Y.getState(this.doc.store, client)) return;
    const at = Y.findIndexSS(structs, clock);
    if (structs[at]!.id.clock < clock) this.split(structs.length - at);
  }

  /** A struct becomes two, in front of so many stored ones. */
  split(behind: number): void {
    this.#cuts++;
    this.move(behind);
  }

  /** A struct comes or goes in front of this many stored ones and, at worst, of all that the update adds. */
  move(behind: number): void {
    this.charge((behind + this.#added++) / MOVED_PER_STEP);
  }

  charge(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.bound) refuse("too-large", "it takes too long to apply");
  }

  #first(insertion: Insertion, list: List): Family {
    const { id, place, left, right, leftIs, leftStruct, rightIsNew } = insertion;
    let orderly = true;
    let gap = 0;
    if (leftIs === "stored") {
      // Undoing in a text may name one neighbour for both sides.
      const oneForBoth = left !== null && right !== null && sameId(left, right);
      gap = this.#gap(place, left, rightIsNew || oneForBoth ? null : right);
      if (gap > 0) this.charge(gap + 3 * list.items);
    } else if (leftIs === "inside new") {
      orderly = right !== null && sameId(right, { client: left!.client, clock: left!.clock + 1 });
      if (!orderly) this.charge(3 * list.items);
    }
    const stem = leftStruct === null ? null : this.#stems.get(leftStruct) ?? null;
    const base = stem === null ? left : stem.base;
    if (leftIs !== "stored" && right !== null && !rightIsNew) {
      const { rightOrigin } = leftStruct!;
      if (rightOrigin === null || !sameId(right, rightOrigin)) this.#gap(place, base, right);
    }
    const family = { latest: id, gap, orderly, stem, descendants: 0, base };
    if (left === null) list.head = family;
    else {
      const families = this.#families.get(left.client) ?? new Map<number, Family>();
      families.set(left.clock, family);
      this.#families.set(left.client, families);
    }
    return family;
  }

  /**
   * Stored items between two neighbours, or up to the list's end.
   * @throws Refusal `malformed` when the right one doesn't follow: where an item between them goes would depend on
   * what each replica has split.
   */
  #gap(place: Place, left: StructId | null, right: StructId | null): number {
    let gap = 0;
    let item = left === null ? this.#firstOf(place) : null;
    if (left !== null) {
      const holder = storedItem(this.doc, left);
      if (left.clock < holder.id.clock + holder.length - 1) {
        // Cut in two, its own tail follows.
        if (right !== null && sameId(right, { client: left.client, clock: left.clock + 1 })) {
          return 0;
        }
        gap++;
      }
      item = holder.right;
    }
    for (; item !== null && !startsWith(item, right); item = item.right) {
      gap++;
      this.charge(1 / 8);
      if (holds(item, right)) return gap;
    }
    if (item === null && right !== null) {
      refuse(
        "malformed",
        `${right.client}:${right.clock} is named as a right neighbour, but doesn't follow`,
      );
    }
    return gap;
  }

  #firstOf({ holder, key }: Place): Y.Item | null {
    if (!(holder instanceof Y.AbstractType)) return null;
    if (key === null) return holder._start;
    let item = holder._map.get(key) ?? null;
    while (item?.left != null) item = item.left;
    return item;
  }

  /** Stored entries of a key. */
  #chain({ holder, key }: Place): number {
    let entries = 0;
    if (!(holder instanceof Y.AbstractType) || key === null) return entries;
    for (let item = holder._map.get(key) ?? null; item !== null; item = item.left) entries++;
    return entries;
  }

  #list({ holder, key }: Place): List {
    let keys = this.#lists.get(holder);
    if (keys === undefined) this.#lists.set(holder, keys = new Map());
    let list = keys.get(key);
    if (list === undefined) keys.set(key, list = { items: 0, head: null });
    return list;
  }
}

/** How an item of an update meets what is there, for {@linkcode Work.insert}. */
export function insertionOf(
  struct: DecodedStruct,
  place: Place,
  /** First clock of its client that the store lacks. */
  known: number,
  /** The struct of the update at a clock, or null when the store holds it. */
  newAt: (id: StructId) => DecodedStruct | null,
): Insertion {
  const { client, clock, rightOrigin } = struct;
  // Where a struct is known in part, the rest goes behind the part that is known.
  const continues = clock < known;
  const left = continues ? { client, clock: known - 1 } : struct.origin;
  const before = left === null || continues ? null : newAt(left);
  const after = rightOrigin === null ? null : newAt(rightOrigin);
  const insideLeft = before !== null && left!.clock < before.clock + before.length - 1;
  const insideRight = after !== null && rightOrigin!.clock > after.clock && !insideLeft;
  return {
    id: { client, clock: continues ? known : clock },
    struct,
    place,
    left,
    right: rightOrigin,
    leftIs: insideLeft ? "inside new" : before === null ? "stored" : "new",
    leftStruct: before,
    rightIsNew: after !== null,
    cutsOfNew: Number(insideLeft) + Number(insideRight),
  };
}

function storedItem(doc: Y.Doc, { client, clock }: StructId): Y.Item {
  const structs = doc.store.clients.get(client)!;
  return structs[Y.findIndexSS(structs, clock)] as Y.Item;
}

function startsWith(item: Y.Item, id: StructId | null): boolean {
  return id !== null && sameId(item.id, id);
}

function holds({ id: { client, clock }, length }: Y.Item, id: StructId | null): boolean {
  return id !== null && client === id.client && clock <= id.clock && id.clock < clock + length;
}

function sameId(a: StructId, b: StructId): boolean {
  return a.client === b.client && a.clock === b.clock;
}
