/**
 * What the board costs on the wire and in time: a stroke, a drag and a large board, against a binding that sets
 * whole records; with `--browser` also in two real pages against the real server.
 */
import type { TLRecord, TLShape, TLStore } from "tldraw";
import * as Y from "yjs";
import {
  createBoardStore,
  drawShape,
  geoShape,
  openTestBoard,
} from "../../client/stages/whiteboard/binding/testing/board.ts";

const FRAME_MS = 1000 / 60;
const STROKE_POINTS = 300;
const DRAGGED = 50;
const DRAG_MS = 2000;
const LARGE_BOARD = 5000;

interface Cost {
  updates: number;
  bytes: number;
}

type Bound = { store: TLStore; doc: Y.Doc; settle(): void; close(): void };

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const points = handwriting(STROKE_POINTS);
  const result: Record<string, unknown> = {
    stroke: {
      points: STROKE_POINTS,
      hz: 60,
      lectern: await costOf(lecternBoard(), (store) => drawStroke(store, points)),
      wholeRecord: await costOf(wholeRecordBoard(), (store) => drawStroke(store, points)),
    },
    drag: {
      shapes: DRAGGED,
      ms: DRAG_MS,
      lectern: await costOf(lecternBoard(), drag),
      wholeRecord: await costOf(wholeRecordBoard(), drag),
    },
    load: loadLargeBoard(),
  };
  if (args.includes("--browser")) {
    const { benchInBrowser } = await import("./whiteboard/browser.ts");
    result.browser = await benchInBrowser(largeBoard(), LARGE_BOARD);
  }
  return result;
}

/** Ours: property by property, at most every 50 ms. */
function lecternBoard(): Bound {
  const { store, doc, binding } = openTestBoard();
  return { store, doc, settle: () => binding.flush(), close: () => binding.destroy() };
}

/** The usual way: each change of a record sets the whole record. */
function wholeRecordBoard(): Bound {
  const store = createBoardStore();
  const doc = new Y.Doc();
  const root = doc.getMap("whiteboard");
  const set = (record: TLRecord) => void root.set(record.id, record);
  const stops = [
    store.sideEffects.registerAfterCreateHandler("shape", set),
    store.sideEffects.registerAfterChangeHandler("shape", (_, next) => set(next)),
  ];
  return { store, doc, settle: () => {}, close: () => stops.forEach((stop) => stop()) };
}

/** Counts the updates from the moment when the board is in use: its page is written already. */
async function costOf(board: Bound, use: (store: TLStore) => Promise<void>): Promise<Cost> {
  const cost: Cost = { updates: 0, bytes: 0 };
  board.store.put(Array.from({ length: DRAGGED }, (_, index) => geoShape(`g${index}`)));
  board.settle();
  board.doc.on("update", (update: Uint8Array) => {
    cost.updates++;
    cost.bytes += update.length;
  });
  await use(board.store);
  board.settle();
  board.close();
  return cost;
}

/** As tldraw does it: a record with one more point each frame, complete at the end. */
async function drawStroke(store: TLStore, points: readonly unknown[]): Promise<void> {
  await eachFrame(points.length, (frame) => {
    store.put([drawShape("stroke", [{ type: "free", points: points.slice(0, frame + 1) }])]);
  });
  const stroke = store.allRecords().find(({ id }) => id === "shape:stroke") as TLShape;
  store.put([{ ...stroke, props: { ...stroke.props, isComplete: true } } as TLShape]);
}

async function drag(store: TLStore): Promise<void> {
  const shapes = store.allRecords().filter((record) => record.typeName === "shape");
  await eachFrame(Math.round(DRAG_MS / FRAME_MS), (frame) => {
    store.put(shapes.map((shape) => ({ ...shape, x: shape.x + frame * 3.25, y: frame * 1.5 })));
  });
}

/** Real time, because the binding collects what happens within 50 ms. */
async function eachFrame(frames: number, draw: (frame: number) => void): Promise<void> {
  const start = performance.now();
  for (let frame = 0; frame < frames; frame++) {
    draw(frame);
    const wait = start + (frame + 1) * FRAME_MS - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
  }
}

/** A hand that writes loops, with the pressure of a pen; hundredths of pixels, as tldraw keeps them. */
function handwriting(count: number): { x: number; y: number; z: number }[] {
  const hundredth = (value: number) => Math.round(value * 100) / 100 + 0;
  return Array.from({ length: count }, (_, at) => ({
    x: hundredth(at * 2.3 + 34 * Math.sin(at / 5)),
    y: hundredth(46 * Math.cos(at / 4.1) + 8 * Math.sin(at / 23)),
    z: hundredth(0.5 + 0.3 * Math.sin(at / 17)),
  }));
}

/** A board of 5,000 shapes, half of them strokes, as the state of a document. */
function largeBoard(): Uint8Array<ArrayBuffer> {
  const { store, doc, binding } = openTestBoard();
  const points = handwriting(40);
  store.put(Array.from({ length: LARGE_BOARD }, (_, index) => {
    const place = { x: (index % 100) * 130, y: Math.floor(index / 100) * 110 };
    return index % 2 === 0
      ? geoShape(`l${index}`, place)
      : drawShape(`l${index}`, [{ type: "free", points }], place);
  }));
  binding.flush();
  binding.destroy();
  return new Uint8Array(Y.encodeStateAsUpdate(doc));
}

function loadLargeBoard(): Record<string, number> {
  const state = largeBoard();
  const doc = new Y.Doc();
  const start = performance.now();
  Y.applyUpdate(doc, state);
  const applied = performance.now();
  const { store, binding } = openTestBoard({ doc });
  const opened = performance.now();
  const shapes = store.allRecords().filter(({ typeName }) => typeName === "shape").length;
  binding.destroy();
  return {
    shapes,
    stateBytes: state.length,
    applyMs: Math.round(applied - start),
    openMs: Math.round(opened - applied),
  };
}

if (import.meta.main) {
  const text = JSON.stringify(await bench(Deno.args));
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
  Deno.exit(0);
}
