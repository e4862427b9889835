/**
 * How large a document is, and whether there is room for more: encoded, in items, and by an estimate of the memory it takes.
 *
 * An item takes from 200 to 750 bytes of memory and may take 10 on the wire, so the bytes alone bound little: 64 MB of empty
 * maps were 2 GB. What is taken in is added up by what the guard says of it, which is more than it comes to once
 * neighbours have merged; so where the sum is over a bound the document is measured, sparingly.
 * The figures are those of V8 in Deno 2.9 (`deno task bench document`).
 */
import * as Y from "yjs";
import { RoomError } from "../contract/errors.ts";

/** What a document or an update comes to. */
export interface Size {
  /** Encoded. */
  bytes: number;
  items: number;
  /** By estimate. */
  heapBytes: number;
}

/** Memory by what it is for, in bytes. */
export const HEAP = {
  /** An item with its ids, its content and its place in the store; of a text, a list or a deletion. */
  item: 220,
  /** An entry of a map has a key, and a place in the map's table. */
  entry: 440,
  /** A type has its own tables and lists of listeners. */
  type: 640,
  /** Bytes have a buffer and a view of it. */
  bytes: 230,
  /** A list or an object in a value, and each of its properties. */
  container: 64,
  property: 24,
  scalar: 16,
  /** A UTF-16 unit, where a text isn't Latin. */
  unit: 2,
} as const;

/** A part of each bound. */
const ROOM_FOR_DELETING = 1 / 16;

/** Measures by walking over all items: some tenths of a second for a million (`deno task bench document`). */
export function measureHeap(doc: Y.Doc): Pick<Size, "items" | "heapBytes"> {
  let items = 0;
  let heapBytes = 0;
  for (const structs of doc.store.clients.values()) {
    items += structs.length;
    for (const struct of structs) {
      heapBytes += HEAP.item;
      if (struct instanceof Y.Item && !struct.deleted) heapBytes += contentHeap(struct);
    }
  }
  return { items, heapBytes };
}

function contentHeap({ content, parentSub }: Y.Item): number {
  let bytes = parentSub === null ? 0 : HEAP.entry - HEAP.item;
  if (content instanceof Y.ContentString) bytes += content.str.length * HEAP.unit;
  else if (content instanceof Y.ContentType) bytes += HEAP.type - HEAP.item;
  else if (content instanceof Y.ContentBinary) bytes += HEAP.bytes + content.content.byteLength;
  else if (content instanceof Y.ContentAny) {
    for (const value of content.arr) bytes += valueHeap(value);
  }
  return bytes;
}

/** Values nest no deeper than the guard lets them. */
function valueHeap(value: unknown): number {
  if (typeof value === "string") return HEAP.scalar + value.length * HEAP.unit;
  if (typeof value !== "object" || value === null) return HEAP.scalar;
  if (value instanceof Uint8Array) return HEAP.bytes + value.byteLength;
  let bytes: number = HEAP.container;
  if (Array.isArray(value)) { for (const inner of value) bytes += valueHeap(inner); }
  else for (const inner of Object.values(value)) bytes += HEAP.property + valueHeap(inner);
  return bytes;
}

export class DocumentSize {
  #size: Size = { bytes: 0, items: 0, heapBytes: 0 };
  #measured: Size = { bytes: 0, items: 0, heapBytes: 0 };

  constructor(private readonly bounds: Size) {}

  /** It was loaded from so many bytes. */
  loaded(doc: Y.Doc, bytes: number): void {
    this.#size = { bytes, ...measureHeap(doc) };
    this.#measured = { ...this.#size, bytes: 0 };
  }

  encoded(bytes: number): void {
    this.#size.bytes = bytes;
  }

  /** An update was applied. Its items and memory were counted by {@linkcode admit}, unless the server wrote it. */
  grown(bytes: number): void {
    this.#size.bytes += bytes;
  }

  /**
   * Counts what a client's update adds before it is applied. What only deletes has some room more, so that a full document
   * can be made smaller.
   * @throws RoomError `too-large`
   */
  admit(doc: Y.Doc, more: Size, onlyDeletes: boolean): void {
    const { bytes, items, heapBytes } = this.bounds;
    const room = onlyDeletes ? 1 + ROOM_FOR_DELETING : 1;
    this.#check(
      "bytes",
      more.bytes,
      bytes * room,
      () => ({ bytes: Y.encodeStateAsUpdate(doc).byteLength }),
    );
    this.#check("items", more.items, items * room, () => measureHeap(doc));
    this.#check("heapBytes", more.heapBytes, heapBytes * room, () => measureHeap(doc));
    this.#size.items += more.items;
    this.#size.heapBytes += more.heapBytes;
    // How much it deletes shows when it is measured.
    if (onlyDeletes) this.#measured = { bytes: -Infinity, items: -Infinity, heapBytes: -Infinity };
  }

  #check(what: keyof Size, more: number, limit: number, measure: () => Partial<Size>): void {
    if (this.#size[what] + more <= limit) return;
    if (this.#size[what] - this.#measured[what] > limit / 16) {
      const measured = measure();
      Object.assign(this.#size, measured);
      Object.assign(this.#measured, measured);
      if (this.#size[what] + more <= limit) return;
    }
    throw new RoomError(
      "too-large",
      "This meeting's document is full. What you did last was not kept, everything before it was. " +
        "Delete something, or go on in another lesson.",
    );
  }
}
