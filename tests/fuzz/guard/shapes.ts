/**
 * Content that is well-formed and of the wrong shape, written as any page could: by Yjs itself, into what clients may write.
 *
 * {@linkcode misfits} is a second opinion on the guard by other means: it looks at the document, not at the update.
 */
import * as Y from "yjs";
import { type RootName, SHAPES } from "../../../rooms/contract/document/schema.ts";
import {
  type Field,
  fieldIn,
  type Kind,
  type Shape,
  shapeOfKind,
} from "../../../rooms/contract/document/shape.ts";
import type { Random } from "./random.ts";

const KEYS = [
  ...["name", "language", "createdAt", "text", "tests", "id", "fileId", "by", "startedAt"],
  ...["output", "displays", "stop", "exit", "props", "segments", "x", "type", "richText", "meta"],
  ...["f1", "f2", "shape:1", "shape:9", "page:p", "document:document", "asset:a", "binding:b"],
  ...["schema", "odd", "", "toString", "constructor", "k".repeat(200), "a\0b"],
];

const TEST = { name: "adds", createdAt: 1, kind: "output", input: "1", expected: "2" };
const TABLE = { kind: "table", columns: ["a"], rows: [["1"], []] };
const IMAGE = { kind: "image", mime: "image/png", bytes: new Uint8Array(3) };

type AnyType = Y.AbstractType<unknown>;

/** Now and then one that is right somewhere. */
function plainValue(random: Random): unknown {
  return random.pick<() => unknown>([
    () => random.pick([0, -0, 7, 1.5, -1, 2 ** 40, NaN, Infinity, -Infinity, 1e300]),
    () => random.pick(["", "a", "main.py", "draw", "geo", "page:page", "\0", "x".repeat(5000)]),
    () => random.pick([null, true, false, undefined]),
    () => random.pick<unknown>([TEST, { ...TEST, kind: "x" }, { ...TEST, name: 7 }, {}]),
    () =>
      random.pick<unknown>([TABLE, IMAGE, { ...TABLE, rows: 3 }, { ...IMAGE, mime: "text/html" }]),
    () => [{ id: "t", name: "", passed: true, got: "1" }, random.pick<unknown>([null, 3, {}])],
    () => random.pick<unknown>([[], [[]], [1, "a", null], { a: { b: [1] } }, [undefined]]),
    () => ({
      type: "doc",
      content: random.pick<unknown>([[{ text: 7 }], 3, [null], [{ content: {} }]]),
    }),
    () => ({
      schemaVersion: 2,
      sequences: random.pick<unknown>([{}, { a: -1 }, 7, { "com.tldraw.shape": 99 }]),
    }),
    () => ({ toString: 1, valueOf: null, length: 3, then: 4 }),
  ])();
}

function oddType(random: Random, depth: number): Y.Map<unknown> | Y.Array<unknown> | Y.Text {
  switch (random.below(3)) {
    case 0: {
      const map = new Y.Map<unknown>();
      for (let left = random.below(4); left > 0; left--) {
        map.set(random.pick(KEYS), oddContent(random, depth + 1));
      }
      return map;
    }
    case 1: {
      const array = new Y.Array<unknown>();
      array.push(Array.from({ length: random.below(4) }, () => oddItem(random, depth + 1)));
      return array;
    }
    default:
      return new Y.Text(random.pick(["", "a\nb", "\ufffc\ufffc", "x".repeat(300)]));
  }
}

function oddContent(random: Random, depth = 0): unknown {
  if (depth < 3 && random.chance(0.35)) return oddType(random, depth);
  return random.chance(0.1) ? new Uint8Array(random.below(9)) : plainValue(random);
}

/** Yjs throws where a page puts undefined into a list. */
function oddItem(random: Random, depth = 0): unknown {
  return oddContent(random, depth) ?? null;
}

/** Every type of these roots that is still there. */
function typesIn(doc: Y.Doc, roots: readonly RootName[]): AnyType[] {
  const types: AnyType[] = roots.map((root) => doc.share.get(root)! as AnyType);
  for (const type of types) {
    const held = type instanceof Y.Map
      ? [...type.values()]
      : type instanceof Y.Array
      ? type.toArray()
      : [];
    for (const value of held) if (value instanceof Y.AbstractType) types.push(value as AnyType);
  }
  return types;
}

/** Writes something somewhere. */
export function writeOddly(doc: Y.Doc, random: Random, roots: readonly RootName[]): void {
  const type = random.pick(typesIn(doc, roots));
  if (type instanceof Y.Map) {
    const keys = [...type.keys()];
    const key = keys.length > 0 && random.chance(0.5) ? random.pick(keys) : random.pick(KEYS);
    if (random.chance(0.1)) type.delete(key);
    else type.set(key, oddContent(random));
  } else if (type instanceof Y.Text) {
    const index = random.below(type.length + 1);
    if (random.chance(0.2) && index < type.length) type.delete(index, 1);
    else type.insert(index, random.pick(["a", "\n", "\ufffc", "é"]));
  } else if (type instanceof Y.Array) {
    const index = random.below(type.length + 1);
    if (random.chance(0.15) && index < type.length) type.delete(index, 1);
    else {
      const count = 1 + random.below(3);
      type.insert(index, Array.from({ length: count }, () => oddItem(random)));
    }
  }
}

/** What stands in the document where it has no place, as paths. */
export function misfits(doc: Y.Doc): string[] {
  const found: string[] = [];
  for (const [root, shape] of SHAPES) look(doc.share.get(root)!, shape, root, found);
  return found;
}

function look(type: unknown, shape: Shape, path: string, found: string[]): void {
  if (type instanceof Y.Map) {
    for (const [key, value] of type) check(value, fieldIn(shape, key), `${path}.${key}`, found);
  } else if (type instanceof Y.Array) {
    type.forEach((value, n) => check(value, fieldIn(shape, null), `${path}[${n}]`, found));
  }
}

function check(value: unknown, field: Field | undefined, path: string, found: string[]): void {
  if (value instanceof Y.AbstractType) {
    const shape = shapeOfKind(field, kindOf(value as AnyType));
    if (shape === undefined) found.push(path);
    else look(value, shape, path, found);
  } else if (value instanceof Uint8Array) {
    if (field?.maxBytes === undefined || value.length > field.maxBytes) found.push(path);
  } else if (field?.plain === undefined || field.plain.holds?.(value) === false) found.push(path);
}

function kindOf(type: AnyType): Kind {
  return type instanceof Y.Map ? "map" : type instanceof Y.Text ? "text" : "array";
}
