/**
 * What documents take in memory, beside their bytes and what the server estimates: at the bound of whatever they reach first.
 *
 *     deno task bench document [--part 0.1]
 *
 * Each document is made, measured and let go of in a process of its own, with the collector at hand. `--part` is how far it is
 * filled, of the bounds that a room has (`rooms/limits.ts`).
 */
import * as Y from "yjs";
import { measureHeap } from "../../rooms/document/size.ts";
import { DEFAULT_ROOM_LIMITS } from "../../rooms/limits.ts";

const { documentBytes, documentItems, documentHeapBytes } = DEFAULT_ROOM_LIMITS;
const BATCH = 2000;

/** One batch of content each. */
const CONTENTS: Record<string, (doc: Y.Doc, n: number) => void> = {
  "records of a board": (doc, n) => {
    const fields = Object.entries({
      type: "geo",
      x: n,
      y: 1.5,
      index: "a1",
      parentId: "page:page",
    });
    for (let i = 0; i < BATCH / 10; i++) {
      const props = new Y.Map<unknown>(Object.entries({ w: 1, h: 2, color: "red", size: "m" }));
      const record = new Y.Map<unknown>([...fields, ["props", props]]);
      doc.getMap("whiteboard").set(`shape:${n}-${i}`, record);
    }
  },
  "a stroke's chunks": (doc, n) => {
    const chunks = new Y.Array<Uint8Array>();
    const props = new Y.Map<unknown>([["segments", chunks]]);
    doc.getMap("whiteboard").set(`shape:${n}`, new Y.Map<unknown>([["props", props]]));
    for (let i = 0; i < BATCH; i++) chunks.push([new Uint8Array(40)]);
  },
  "empty maps": (doc) =>
    doc.getArray("runs").push(Array.from({ length: BATCH }, () => new Y.Map())),
  "empty texts": (doc, n) => {
    for (let i = 0; i < BATCH; i++) {
      doc.getMap("files").set(`${n}-${i}`, new Y.Map<unknown>([["text", new Y.Text()]]));
    }
  },
  "empty objects in a value": (doc, n) => {
    const record = new Y.Map<unknown>([["meta", Array.from({ length: 100_000 }, () => ({}))]]);
    doc.getMap("whiteboard").set(`shape:${n}`, record);
  },
  "letters typed backwards": (doc) => {
    const text = doc.getText("text");
    for (let i = 0; i < BATCH; i++) text.insert(0, "x");
  },
  "one long text": (doc) => doc.getText("text").insert(0, "long ".repeat(200_000)),
};

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf("--part");
  const part = at < 0 ? 1 : Number(args[at + 1]);
  const results: Record<string, unknown> = {};
  for (const name of Object.keys(CONTENTS)) {
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--v8-flags=--expose-gc",
        import.meta.filename!,
        name,
        `${part}`,
      ],
      stderr: "inherit",
    }).output();
    if (!success) throw new Error(`${name} couldn't be measured`);
    results[name] = JSON.parse(new TextDecoder().decode(stdout));
  }
  return { load: Deno.loadavg()[0], part, ...results };
}

/** Fills a document until it is over a bound. */
function filled(name: string, part: number): Uint8Array {
  const doc = new Y.Doc();
  // Pages keep nothing of what was before, as a server that loads the state.
  const isFull = (bytes: number) => {
    const { items, heapBytes } = measureHeap(doc);
    return items >= part * documentItems || heapBytes >= part * documentHeapBytes ||
      bytes >= part * documentBytes;
  };
  let bytes = 0;
  doc.on("update", (update: Uint8Array) => bytes += update.length);
  for (let n = 0; !isFull(bytes); n++) doc.transact(() => CONTENTS[name]!(doc, n));
  return Y.encodeStateAsUpdate(doc);
}

function measure(name: string, part: number): Record<string, number> {
  let state: Uint8Array | null = filled(name, part);
  const bytes = state.length;
  const before = usedBytes();
  const doc = new Y.Doc();
  for (const root of ["whiteboard", "files"]) doc.getMap(root);
  doc.getArray("runs");
  doc.getText("text");
  Y.applyUpdate(doc, state);
  state = null;
  const heap = usedBytes() - before + bytes;
  const begin = performance.now();
  const { items, heapBytes } = measureHeap(doc);
  const measuredMs = Math.round(performance.now() - begin);
  const mb = (size: number) => Math.round(size / 1e5) / 10;
  return { mb: mb(bytes), items, heapMb: mb(heap), estimatedMb: mb(heapBytes), measuredMs };
}

function usedBytes(): number {
  const { gc } = globalThis as unknown as { gc(): void };
  gc();
  gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

if (import.meta.main) {
  const [name = "", part = "1"] = Deno.args;
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(measure(name, Number(part)))));
}
