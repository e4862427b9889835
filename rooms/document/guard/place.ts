/**
 * Decides where each new struct of an update would come to lie, by the rules that Yjs integrates by.
 *
 * References resolve in the store first, then in the update. Structs are walked in an order in which they
 * could be integrated; when there is none (a missing dependency, or blocks that wait for each other) Yjs
 * would keep the rest as pending, so the update is refused.
 *
 * Invariant: reads the document and never changes it; in particular it never calls `doc.get`, which creates.
 */
import * as Y from "yjs";
import type { ClientBlock, DecodedStruct, DecodedUpdate, StructId } from "./decode.ts";
import { refuse } from "./refusal.ts";
import { insertionOf, type Work } from "./work.ts";
import { type RootName, ROOTS, SHAPES } from "../../contract/document/schema.ts";
import { fieldIn, type Kind, type Shape, shapeOfKind } from "../../contract/document/shape.ts";

type StoredStruct = Y.Item | Y.GC;
type AnyType = Y.AbstractType<unknown>;

/** Where an item lies: the type that holds it and, in a map, under which key. */
export interface Place {
  root: RootName;
  /** What the holding type is known by: the type, the struct that creates it, or an absent root's name. */
  holder: AnyType | DecodedStruct | string;
  kind: Kind;
  key: string | null;
}

/** Told once for each struct that is new to the document, in whole or in its tail. */
export type OnNewStruct = (struct: DecodedStruct, place: Place | null) => void;

/** A type of the store: it never moves, so it is looked for once. */
interface Home {
  root: RootName;
  kind: Kind;
  /** Undefined for a type that has no place in a meeting, which documents may hold that are older than their shapes. */
  shape: Shape | undefined;
}

const homes = new WeakMap<AnyType, Home>();

/** Where a stored item lies; null for one that was collected and lies nowhere. */
export function placeOfStored(item: StoredStruct): Place | null {
  if (!(item instanceof Y.Item) || !(item.parent instanceof Y.AbstractType)) return null;
  const holder = item.parent as AnyType;
  const { root, kind } = homeOf(holder);
  return { root, holder, kind, key: item.parentSub };
}

function homeOf(type: AnyType): Home {
  const known = homes.get(type);
  if (known !== undefined) return known;
  let home: Home;
  if (type._item === null) {
    const root = rootNameOf(type);
    home = { root, kind: ROOTS[root], shape: SHAPES.get(root) };
  } else {
    const around = homeOf(type._item.parent as AnyType);
    const field = around.shape && fieldIn(around.shape, type._item.parentSub);
    const kind = kindOf(type);
    home = { root: around.root, kind, shape: shapeOfKind(field, kind) };
  }
  homes.set(type, home);
  return home;
}

/** What may be put into a place; undefined where nothing may. A new type's shape is known once it was judged. */
export function shapeAt({ holder, root }: Place): Shape | undefined {
  if (holder instanceof Y.AbstractType) return homeOf(holder).shape;
  return typeof holder === "string" ? SHAPES.get(root) : holder.shape ?? undefined;
}

function rootNameOf(type: AnyType): RootName {
  const name = Y.findRootTypeKey(type);
  if (!Object.hasOwn(ROOTS, name)) refuse("forbidden", `unknown root ${name}`);
  return name as RootName;
}

function kindOf(type: AnyType): Kind {
  if (type instanceof Y.Map) return "map";
  if (type instanceof Y.Text) return "text";
  if (type instanceof Y.Array) return "array";
  return refuse("content", "an unknown type");
}

/** The struct of the store that an id names. The id must be known. */
export function storedAt(doc: Y.Doc, id: StructId): StoredStruct {
  const structs = doc.store.clients.get(id.client)!;
  return structs[Y.findIndexSS(structs, id.clock)]!;
}

/** Places every struct of the update; throws a refusal for what can't be integrated whole. */
export function placeStructs(
  doc: Y.Doc,
  update: DecodedUpdate,
  work: Work,
  onNew: OnNewStruct,
): void {
  new Placement(doc, update, work, onNew).run();
}

/** A client's block and how far it has been walked. */
interface Progress {
  block: ClientBlock;
  /** First clock that the store lacks. */
  known: number;
  next: number;
  /** It is on the stack already: waiting for it again would never end. */
  waiting: boolean;
}

class Placement {
  private readonly progress = new Map<number, Progress>();
  private readonly places = new Map<DecodedStruct, Place | null>();

  constructor(
    private readonly doc: Y.Doc,
    update: DecodedUpdate,
    private readonly work: Work,
    private readonly onNew: OnNewStruct,
  ) {
    for (const block of update.blocks.values()) {
      const known = Y.getState(doc.store, block.client);
      this.progress.set(block.client, { block, known, next: 0, waiting: false });
    }
  }

  run(): void {
    for (const progress of this.progress.values()) this.walk(progress);
  }

  /** As Yjs does: one struct at a time, and what a struct waits for comes first. */
  private walk(first: Progress): void {
    const stack = [first];
    first.waiting = true;
    while (true) {
      const top = stack[stack.length - 1]!;
      const struct = top.block.structs[top.next];
      if (struct === undefined) break; // only `first` runs out: others are left once their struct is placed
      const awaited = this.awaitedBy(struct);
      if (awaited !== undefined) {
        if (awaited.waiting) refuse("missing-dependency", `${name(struct)} waits for itself`);
        awaited.waiting = true;
        stack.push(awaited);
        continue;
      }
      this.settle(struct, top.known);
      top.next++;
      if (stack.length > 1) {
        stack.pop();
        top.waiting = false;
      }
    }
    first.waiting = false;
  }

  /** The block that has to get further before `struct` can be integrated. */
  private awaitedBy(struct: DecodedStruct): Progress | undefined {
    return this.awaited(struct, struct.origin) ?? this.awaited(struct, struct.rightOrigin) ??
      this.awaited(struct, struct.parentId);
  }

  private awaited(struct: DecodedStruct, id: StructId | null): Progress | undefined {
    if (id === null) return undefined;
    if (id.client === struct.client && id.clock >= struct.clock) {
      refuse("malformed", `${name(struct)} refers to itself or to what follows it`);
    }
    const progress = this.progress.get(id.client);
    if (progress === undefined) {
      if (id.clock >= Y.getState(this.doc.store, id.client)) missing(struct, id);
      return undefined;
    }
    if (id.clock < progress.known) return undefined;
    if (id.clock >= progress.block.end) missing(struct, id);
    const upcoming = progress.block.structs[progress.next];
    return upcoming !== undefined && id.clock >= upcoming.clock ? progress : undefined;
  }

  private settle(struct: DecodedStruct, known: number): void {
    if (struct.clock < known) this.checkKnownReferences(struct);
    if (struct.clock + struct.length <= known) return;
    const place = struct.content === "gc" ? null : this.placeOf(struct);
    if (place === null) this.checkSplits(struct);
    if (struct.clock < known) this.checkContinuation(struct, known, place);
    this.places.set(struct, place);
    if (place !== null) this.work.insert(insertionOf(struct, place, known, this.newOrNull));
    this.onNew(struct, place);
  }

  private checkKnownReferences(struct: DecodedStruct): void {
    for (const id of [struct.origin, struct.rightOrigin, struct.parentId]) {
      if (id !== null && !this.isStored(id)) {
        refuse("malformed", `${name(struct)} is known, but ${name(id)} is not`);
      }
    }
    this.checkSplits(struct);
  }

  /**
   * For structs that end up nowhere, being known or collected: Yjs resolves their references all the same, and
   * splits stored items on the way, which nobody else is told. That shows where it cuts a surrogate pair, whose
   * halves are both replaced.
   */
  private checkSplits(struct: DecodedStruct): void {
    const { origin, rightOrigin } = struct;
    if (origin !== null) this.work.cut(origin.client, origin.clock + 1);
    if (rightOrigin !== null) this.work.cut(rightOrigin.client, rightOrigin.clock);
    if (origin !== null) this.checkSplit(struct, origin.client, origin.clock + 1);
    if (rightOrigin !== null) this.checkSplit(struct, rightOrigin.client, rightOrigin.clock);
  }

  private checkSplit(struct: DecodedStruct, client: number, clock: number): void {
    if (clock >= Y.getState(this.doc.store, client)) return;
    const item = storedAt(this.doc, { client, clock });
    if (!(item instanceof Y.Item) || !(item.content instanceof Y.ContentString)) return;
    const before = item.content.str.charCodeAt(clock - item.id.clock - 1); // NaN at the item's start
    if (before >= 0xd800 && before <= 0xdbff) {
      refuse("malformed", `${name(struct)} cuts a character in two`);
    }
  }

  /** Where a struct is known in part, Yjs links its tail to the last known struct, whatever its references say. */
  private checkContinuation(struct: DecodedStruct, known: number, place: Place | null): void {
    if (place === null) return;
    const before = placeOfStored(storedAt(this.doc, { client: struct.client, clock: known - 1 }));
    if (before === null || !samePlace(before, place)) {
      refuse("malformed", `${name(struct)} continues in another type`);
    }
  }

  /** Null means that Yjs makes the struct a GC, because what it lay beside or in is collected. */
  private placeOf(struct: DecodedStruct): Place | null {
    const { origin, rightOrigin } = struct;
    if (origin === null && rightOrigin === null) return this.placeInParent(struct);
    const left = origin === null ? undefined : this.placeAt(origin);
    const right = rightOrigin === null ? undefined : this.placeAt(rightOrigin);
    if (left === null || right === null) return null;
    if (left !== undefined && right !== undefined) {
      if (!samePlace(left, right)) refuse("malformed", `${name(struct)} lies between two types`);
      if (sameId(origin!, rightOrigin!)) this.checkStandsAlone(struct, origin!, left.kind);
    }
    return left ?? right!;
  }

  /**
   * Undoing in a text may name one neighbour for both sides. Within a longer item, Yjs then puts the struct before
   * the neighbour or after it, depending on how far that replica happens to have split the item: what the sender
   * sees wouldn't be what the server keeps. Honest updates do it in texts only.
   */
  private checkStandsAlone(struct: DecodedStruct, id: StructId, kind: Kind): void {
    const { length } = this.isStored(id) ? storedAt(this.doc, id) : this.newAt(id);
    if (kind !== "text" || length > 1) {
      refuse("malformed", `${name(struct)} lies before and after ${name(id)}`);
    }
  }

  private placeInParent(struct: DecodedStruct): Place | null {
    const { parentRoot, parentId, key } = struct;
    if (parentRoot !== null) {
      const root = parentRoot as RootName;
      const holder = (this.doc.share.get(root) as AnyType | undefined) ?? root;
      return { root, holder, kind: ROOTS[root], key };
    }
    const id = parentId!;
    const parent = this.placeAt(id);
    if (parent === null) return null;
    const { root } = parent;
    if (this.isStored(id)) {
      const { content } = storedAt(this.doc, id) as Y.Item;
      if (!(content instanceof Y.ContentType)) return null;
      const holder = content.type as AnyType;
      return { root, holder, kind: kindOf(holder), key };
    }
    const holder = this.newAt(id);
    if (holder.creates === null) return null;
    return { root, holder, kind: holder.creates, key };
  }

  /** The place of the struct that a resolvable id names. */
  private placeAt(id: StructId): Place | null {
    if (this.isStored(id)) return placeOfStored(storedAt(this.doc, id));
    return this.places.get(this.newAt(id)) ?? null;
  }

  private isStored(id: StructId): boolean {
    const known = this.progress.get(id.client)?.known;
    return known === undefined || id.clock < known;
  }

  private readonly newOrNull = (id: StructId): DecodedStruct | null =>
    this.isStored(id) ? null : this.newAt(id);

  private newAt(id: StructId): DecodedStruct {
    const { structs } = this.progress.get(id.client)!.block;
    let low = 0;
    let high = structs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (structs[middle]!.clock <= id.clock) low = middle;
      else high = middle - 1;
    }
    return structs[low]!;
  }
}

function samePlace(a: Place, b: Place): boolean {
  return a.holder === b.holder && a.key === b.key;
}

function sameId(a: StructId, b: StructId): boolean {
  return a.client === b.client && a.clock === b.clock;
}

function name(id: StructId): string {
  return `${id.client}:${id.clock}`;
}

function missing(struct: DecodedStruct, id: StructId): never {
  return refuse("missing-dependency", `${name(struct)} depends on ${name(id)}`);
}
