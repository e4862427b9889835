/** Boards without a browser for tests and benchmarks: a real tldraw store on a real document. */
import { createTLStore, type TLRecord, type TLStore } from "tldraw";
import * as Y from "yjs";
import { whiteboardOf } from "../../../../../rooms/contract/document/schema.ts";
import { createBoardSchema } from "../../board_schema.ts";
import { BoardBinding } from "../board_binding.ts";
import type { BoardRefusal } from "../bounds.ts";

export interface TestBoard {
  doc: Y.Doc;
  root: Y.Map<unknown>;
  store: TLStore;
  binding: BoardBinding;
  refusals: BoardRefusal[];
  newer: boolean;
}

export function createBoardStore(): TLStore {
  return createTLStore({ schema: createBoardSchema() });
}

export function openTestBoard(
  options: { clientId?: number; doc?: Y.Doc; writable?: boolean } = {},
): TestBoard {
  const doc = options.doc ?? new Y.Doc();
  if (options.clientId !== undefined) doc.clientID = options.clientId;
  const root = whiteboardOf(doc);
  const store = createBoardStore();
  const refusals: BoardRefusal[] = [];
  const board = { doc, root, store, refusals, newer: false };
  const binding = new BoardBinding({
    store,
    root,
    writable: options.writable ?? true,
    onRefused: (refusal) => refusals.push(refusal),
    onNewer: () => board.newer = true,
  });
  return Object.assign(board, { binding });
}

/** Gives each document what the other lacks. */
export function exchange(one: Y.Doc, other: Y.Doc): void {
  const forOther = Y.encodeStateAsUpdate(one, Y.encodeStateVector(other));
  const forOne = Y.encodeStateAsUpdate(other, Y.encodeStateVector(one));
  Y.applyUpdate(other, forOther, "network");
  Y.applyUpdate(one, forOne, "network");
}

/** The board that a store shows, comparable: keys sorted, nothing but the document's records. */
export function canonicalBoard(store: TLStore): string {
  const records = Object.values(store.serialize("document")) as TLRecord[];
  return JSON.stringify(sorted(Object.fromEntries(records.map((record) => [record.id, record]))));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => a < b ? -1 : 1).map(([key, entry]) => [key, sorted(entry)]),
  );
}

/** A shape as tldraw's schema wants it. */
export function testShape(
  type: string,
  id: string,
  props: Record<string, unknown>,
  rest: Record<string, unknown> = {},
): TLRecord {
  return {
    id: `shape:${id}`,
    typeName: "shape",
    type,
    x: 0,
    y: 0,
    rotation: 0,
    index: "a1",
    parentId: "page:page",
    isLocked: false,
    opacity: 1,
    meta: {},
    ...rest,
    props,
  } as unknown as TLRecord;
}

export function geoShape(id: string, rest: Record<string, unknown> = {}): TLRecord {
  return testShape("geo", id, {
    geo: "rectangle",
    w: 100,
    h: 80,
    dash: "draw",
    url: "",
    growY: 0,
    scale: 1,
    labelColor: "black",
    color: "black",
    fill: "none",
    size: "m",
    font: "draw",
    align: "middle",
    verticalAlign: "middle",
    richText: { type: "doc", content: [{ type: "paragraph" }] },
  }, rest);
}

export function drawShape(
  id: string,
  segments: unknown[],
  rest: Record<string, unknown> = {},
): TLRecord {
  return testShape("draw", id, {
    color: "black",
    fill: "none",
    dash: "draw",
    size: "m",
    segments,
    isComplete: false,
    isClosed: false,
    isPen: true,
    scale: 1,
  }, rest);
}

export function arrowShape(id: string, rest: Record<string, unknown> = {}): TLRecord {
  return testShape("arrow", id, {
    kind: "arc",
    labelColor: "black",
    color: "black",
    fill: "none",
    dash: "draw",
    size: "m",
    arrowheadStart: "none",
    arrowheadEnd: "arrow",
    font: "draw",
    start: { x: 0, y: 0 },
    end: { x: 2, y: 0 },
    bend: 0,
    text: "",
    labelPosition: 0.5,
    scale: 1,
    elbowMidPoint: 0.5,
  }, rest);
}

/** One end of an arrow held by a shape. */
export function arrowBinding(
  id: string,
  fromId: string,
  toId: string,
  terminal: "start" | "end",
): TLRecord {
  return {
    id: `binding:${id}`,
    typeName: "binding",
    type: "arrow",
    fromId,
    toId,
    meta: {},
    props: {
      terminal,
      normalizedAnchor: { x: 0.5, y: 0.5 },
      isExact: false,
      isPrecise: false,
      snap: "none",
    },
  } as unknown as TLRecord;
}
