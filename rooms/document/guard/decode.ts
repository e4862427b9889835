/**
 * Reads a Yjs v1 update into plain records, without building Yjs types and without a document.
 *
 * It reads as `readClientsStructRefs` of Yjs does, not as `Y.decodeUpdate`: the two differ in what they make
 * of repeated client blocks and of stray flag bits, and it is the first that gets applied.
 *
 * Invariants:
 * - What is decoded here, Yjs decodes too, to the same structs: strings are valid UTF-8, values are complete.
 * - Content is what a meeting holds: text, plain values, bytes, Y.Array, Y.Map, Y.Text. Sub-documents, XML,
 *   embeds and formatting marks (on which Yjs makes clean-up edits of its own) are refused.
 * - A claimed count never allocates; every count is checked against the bytes that are left.
 */
import * as decoding from "lib0/decoding";
import {
  type GuardBounds,
  MAX_CLOCK,
  MAX_KEY_LENGTH,
  MAX_VALUE_DEPTH,
  MAX_VALUES,
  refuse,
} from "./refusal.ts";
import { ROOTS } from "../../contract/document/schema.ts";
import type { Kind, Shape } from "../../contract/document/shape.ts";
import { HEAP } from "../size.ts";

export interface StructId {
  client: number;
  clock: number;
}

export type Content = "gc" | "deleted" | "text" | "values" | "bytes" | "type";

/** One struct of the update. `origin`, `rightOrigin` and parent are as on the wire, so most are null. */
export interface DecodedStruct {
  client: number;
  clock: number;
  length: number;
  content: Content;
  /** The kind of type that the struct creates, when its content is a type. */
  creates: Kind | null;
  /** What that type may hold: found once the struct is judged. */
  shape: Shape | null;
  /** Where plain values begin in the update. */
  at: number;
  /** Length of plain values or bytes on the wire. */
  bytes: number;
  /** What it takes in memory at most, by estimate. */
  heapBytes: number;
  origin: StructId | null;
  rightOrigin: StructId | null;
  parentRoot: string | null;
  parentId: StructId | null;
  key: string | null;
}

/** The structs of one client: contiguous, at least one, clocks from `start` up to `end`. */
export interface ClientBlock {
  client: number;
  start: number;
  end: number;
  structs: DecodedStruct[];
}

/** Deleted clocks from `start` up to `end`, both of one client. */
export interface DeleteRange {
  start: number;
  end: number;
}

export interface DecodedUpdate {
  blocks: Map<number, ClientBlock>;
  /** Sorted and without overlap for each client. */
  deletes: Map<number, DeleteRange[]>;
  /** Structs in all blocks. */
  structs: number;
}

const REF_BITS = 0b0001_1111;
const HAS_KEY = 0b0010_0000;
const HAS_RIGHT_ORIGIN = 0b0100_0000;
const HAS_ORIGIN = 0b1000_0000;

/** Bytes of a string up to which putting it together by hand is faster. */
const SHORT_STRING = 32;

const REF_GC = 0;
const REF_SKIP = 10;

/** Throws a {@linkcode Refusal}, or lib0's own error for bytes that end too early. */
export function decodeUpdate(update: Uint8Array, bounds: GuardBounds): DecodedUpdate {
  const reader = new UpdateReader(update, bounds);
  const blocks = reader.readBlocks();
  const deletes = reader.readDeletes();
  reader.end();
  return { blocks, deletes, structs: reader.structs };
}

class UpdateReader {
  private readonly decoder: decoding.Decoder;
  structs = 0;
  private values = 0;
  /** An estimate for the plain values so far. */
  private heapBytes = 0;

  constructor(private readonly bytes: Uint8Array, private readonly bounds: GuardBounds) {
    this.decoder = decoding.createDecoder(bytes);
  }

  end(): void {
    const rest = this.bytes.length - this.decoder.pos;
    if (rest !== 0) refuse("malformed", `${rest} bytes after the update's end`);
  }

  readBlocks(): Map<number, ClientBlock> {
    const blocks = new Map<number, ClientBlock>();
    for (let left = this.count(3); left > 0; left--) {
      const count = this.count(2);
      const client = this.uint();
      const start = this.uint();
      // Yjs keeps the last block of a client only, and would wait for what the others held.
      if (blocks.has(client)) refuse("malformed", `two blocks for client ${client}`);
      if (count === 0) refuse("malformed", `an empty block for client ${client}`);
      this.structs += count;
      if (this.structs > this.bounds.maxStructs) {
        refuse("too-large", `more than ${this.bounds.maxStructs} structs`);
      }
      const structs: DecodedStruct[] = [];
      let clock = start;
      for (let i = 0; i < count; i++) {
        const struct = this.readStruct(client, clock);
        if (struct.length === 0) refuse("malformed", `an empty struct at ${client}:${clock}`);
        clock += struct.length;
        if (clock > MAX_CLOCK) refuse("too-large", `clock ${clock} of client ${client}`);
        structs.push(struct);
      }
      blocks.set(client, { client, start, end: clock, structs });
    }
    return blocks;
  }

  readDeletes(): Map<number, DeleteRange[]> {
    const deletes = new Map<number, DeleteRange[]>();
    let total = 0;
    for (let left = this.count(2); left > 0; left--) {
      const client = this.uint();
      const count = this.count(2);
      if (deletes.has(client)) refuse("malformed", `two delete lists for client ${client}`);
      total += count;
      if (total > this.bounds.maxDeleteRanges) {
        refuse("too-large", `more than ${this.bounds.maxDeleteRanges} delete ranges`);
      }
      const ranges: DeleteRange[] = [];
      let previousEnd = 0;
      for (let i = 0; i < count; i++) {
        const start = this.uint();
        const end = start + this.uint();
        if (start < previousEnd || end <= start) {
          refuse("malformed", `delete range ${start}–${end} of client ${client} is out of order`);
        }
        ranges.push({ start, end });
        previousEnd = end;
      }
      deletes.set(client, ranges);
    }
    return deletes;
  }

  private readStruct(client: number, clock: number): DecodedStruct {
    const info = decoding.readUint8(this.decoder);
    const ref = info & REF_BITS;
    const struct: DecodedStruct = {
      client,
      clock,
      length: 1,
      content: "gc",
      creates: null,
      shape: null,
      at: 0,
      bytes: 0,
      heapBytes: HEAP.item,
      origin: null,
      rightOrigin: null,
      parentRoot: null,
      parentId: null,
      key: null,
    };
    if (ref === REF_GC) {
      struct.length = this.uint();
      return struct;
    }
    if (ref === REF_SKIP) refuse("missing-dependency", `a hole at ${client}:${clock}`);
    if (info & HAS_ORIGIN) struct.origin = this.id();
    if (info & HAS_RIGHT_ORIGIN) struct.rightOrigin = this.id();
    if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) {
      if (this.uint() === 1) struct.parentRoot = this.rootName();
      else struct.parentId = this.id();
      if (info & HAS_KEY) struct.key = this.key();
    }
    this.readContent(struct, ref);
    return struct;
  }

  private readContent(struct: DecodedStruct, ref: number): void {
    switch (ref) {
      case 1:
        struct.content = "deleted";
        struct.length = this.uint();
        return;
      case 3:
        struct.content = "bytes";
        struct.bytes = this.uint();
        struct.heapBytes += HEAP.bytes + struct.bytes;
        this.skip(struct.bytes);
        return;
      case 4:
        struct.content = "text";
        struct.length = this.passString();
        struct.heapBytes += struct.length * HEAP.unit;
        return;
      case 7:
        struct.content = "type";
        struct.heapBytes = HEAP.entry + HEAP.type;
        struct.creates = this.createdKind();
        return;
      case 8:
        struct.content = "values";
        struct.length = this.count(1);
        struct.at = this.decoder.pos;
        this.heapBytes = HEAP.entry;
        for (let i = 0; i < struct.length; i++) this.passValue(0);
        struct.bytes = this.decoder.pos - struct.at;
        struct.heapBytes = this.heapBytes;
        return;
      case 2:
        return refuse("content", "legacy JSON content");
      case 5:
        return refuse("content", "an embed in a text");
      case 6:
        return refuse("content", "a formatting mark in a text");
      case 9:
        return refuse("content", "a sub-document");
      default:
        return refuse("malformed", `content ref ${ref}`);
    }
  }

  private createdKind(): Kind {
    const ref = this.uint();
    switch (ref) {
      case 0:
        return "array";
      case 1:
        return "map";
      case 2:
        return "text";
      default:
        return refuse(ref <= 6 ? "content" : "malformed", `type ref ${ref}`);
    }
  }

  /** Applying an update creates every root that it names, even for structs that are known already. */
  private rootName(): string {
    const name = this.string();
    if (!Object.hasOwn(ROOTS, name)) refuse("forbidden", `unknown root ${quote(name)}`);
    return name;
  }

  private key(): string {
    const key = this.string();
    if (key.length > MAX_KEY_LENGTH) refuse("too-large", `a key of ${key.length} characters`);
    // `toJSON` copies entries into a plain object, where this key would set the prototype.
    if (key === "__proto__") refuse("content", "the key __proto__");
    return key;
  }

  /** Passes one value of lib0's `any` codec (`readAny`), which recurses without a bound of its own. */
  private passValue(depth: number): void {
    if (++this.values > MAX_VALUES) refuse("too-large", `more than ${MAX_VALUES} values`);
    if (depth > MAX_VALUE_DEPTH) refuse("content", `a value nested deeper than ${MAX_VALUE_DEPTH}`);
    this.heapBytes += HEAP.scalar;
    const tag = decoding.readUint8(this.decoder);
    switch (tag) {
      case 127: // undefined
      case 126: // null
      case 121: // false
      case 120: // true
        return;
      case 125:
        decoding.readVarInt(this.decoder);
        return;
      case 124:
        return this.skip(4);
      case 123:
        return this.skip(8);
      case 122: // JSON can't hold it, so every later `JSON.stringify` of the document would throw
        return refuse("content", "a bigint");
      case 119:
        this.heapBytes += HEAP.unit * this.passString();
        return;
      case 118:
        this.heapBytes += HEAP.container;
        for (let left = this.count(2); left > 0; left--) {
          this.heapBytes += HEAP.property;
          this.passPropertyName();
          this.passValue(depth + 1);
        }
        return;
      case 117:
        this.heapBytes += HEAP.container;
        for (let left = this.count(1); left > 0; left--) this.passValue(depth + 1);
        return;
      case 116: {
        const length = this.uint();
        this.heapBytes += HEAP.bytes + length;
        return this.skip(length);
      }
      default:
        return refuse("malformed", `value tag ${tag}`);
    }
  }

  private passPropertyName(): void {
    const before = this.decoder.pos;
    if (this.passString() !== "__proto__".length) return;
    this.decoder.pos = before;
    // `readAny` assigns names one by one, and this one would set the object's prototype.
    if (decoding.readVarString(this.decoder) === "__proto__") {
      refuse("content", "the property __proto__");
    }
  }

  /** The UTF-16 length of the string at the cursor. Pure ASCII, the usual case, isn't decoded. */
  private passString(): number {
    const before = this.decoder.pos;
    const length = this.uint();
    const { pos } = this.decoder;
    this.skip(length);
    for (let i = pos; i < this.decoder.pos; i++) {
      if (this.bytes[i]! < 0x80) continue;
      this.decoder.pos = before;
      return decoding.readVarString(this.decoder).length;
    }
    return length;
  }

  /** The string at the cursor. Short ASCII, as names and keys are, is read without the platform's decoder, which costs more. */
  private string(): string {
    const before = this.decoder.pos;
    const length = this.uint();
    const { pos } = this.decoder;
    if (length <= SHORT_STRING && pos + length <= this.bytes.length) {
      let text = "";
      let at = pos;
      for (; at < pos + length && this.bytes[at]! < 0x80; at++) {
        text += String.fromCharCode(this.bytes[at]!);
      }
      if (at === pos + length) {
        this.decoder.pos = at;
        return text;
      }
    }
    this.decoder.pos = before;
    return decoding.readVarString(this.decoder);
  }

  private id(): StructId {
    const client = this.uint();
    return { client, clock: this.uint() };
  }

  /** A number of things that take at least `bytesEach` bytes, so that no claim exceeds the bytes left. */
  private count(bytesEach: number): number {
    const count = this.uint();
    if (count * bytesEach > this.bytes.length - this.decoder.pos) {
      refuse("malformed", `${count} things in ${this.bytes.length - this.decoder.pos} bytes`);
    }
    return count;
  }

  private skip(length: number): void {
    if (length > this.bytes.length - this.decoder.pos) refuse("malformed", "it ends too early");
    this.decoder.pos += length;
  }

  private uint(): number {
    const value = decoding.readVarUint(this.decoder);
    if (!Number.isSafeInteger(value)) refuse("malformed", "an integer out of range");
    return value;
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
