/**
 * What the guard costs: CPU for each update that pages typically send, judged against a lesson's document.
 *
 *     deno task bench guard [--base FOLDER] [--rounds N]
 *
 * `--base` names a checkout of another build, whose guard judges the same updates by turns; its figures and the part that ours
 * takes of them are printed too. Each figure is the best of its rounds: others on the machine only add to it.
 */
import * as Y from "yjs";
import type { judgeUpdate as JudgeUpdate } from "../../rooms/document/guard/guard.ts";
import { openRoots } from "../../rooms/contract/document/schema.ts";

type Guard = typeof JudgeUpdate;

interface Kind {
  name: string;
  doc: Y.Doc;
  update: Uint8Array;
}

const ROUND_CALLS = 400;
const CLIENT = 900;
const RIGHTS = { mayWrite: () => true, ownsClient: (id: number) => id === CLIENT };

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const option = (name: string) => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const base = option("--base");
  const rounds = Number(option("--rounds") ?? 60);
  const guards = [await guardOf(new URL("../../", import.meta.url))];
  if (base !== undefined) {
    guards.push(await guardOf(new URL(`file://${await Deno.realPath(base)}/`)));
  }
  const kinds = typicalUpdates();
  // One sees all kinds before it is timed, as a server does.
  for (let n = 0; n < 20; n++) {
    for (const kind of kinds) for (const guard of guards) time(guard, kind);
  }
  const [load = 0] = Deno.loadavg();
  const results: Record<string, unknown> = {};
  let [ours, theirs] = [0, 0];
  for (const kind of kinds) {
    const best = guards.map(() => Infinity);
    for (let round = 0; round < rounds; round++) {
      for (const [n] of guards.entries()) {
        const turn = (n + round) % guards.length;
        best[turn] = Math.min(best[turn]!, time(guards[turn]!, kind));
      }
    }
    const [us = 0, baseUs] = best.map((ms) => ms * 1000 / ROUND_CALLS);
    ours += us;
    theirs += baseUs ?? 0;
    results[kind.name] = {
      bytes: kind.update.length,
      us: rounded(us),
      ...(baseUs === undefined ? {} : { baseUs: rounded(baseUs), part: rounded(us / baseUs) }),
    };
  }
  return {
    load,
    rounds,
    ...results,
    ...(base === undefined ? {} : { part: rounded(ours / theirs) }),
  };
}

async function guardOf(root: URL): Promise<Guard> {
  const module = await import(new URL("rooms/document/guard/guard.ts", root).href);
  return module.judgeUpdate as Guard;
}

/** Milliseconds for a round of one kind. */
function time(judge: Guard, { doc, update }: Kind): number {
  const begin = performance.now();
  for (let n = 0; n < ROUND_CALLS; n++) {
    const verdict = judge(doc, update, RIGHTS);
    if (!verdict.ok) throw new Error(verdict.reason);
  }
  return performance.now() - begin;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Each against a document of some thousand items. */
function typicalUpdates(): Kind[] {
  return [
    kind("a letter typed", (page) => codeOf(page).insert(1000, "x")),
    kind("a line pasted", (page) => codeOf(page).insert(500, "print('für Ada')\n")),
    kind("a stroke goes on", (page) => segmentsOf(page).push([new Uint8Array(40)])),
    kind("a shape moved", (page) => {
      const shape = page.getMap("whiteboard").get("shape:7") as Y.Map<unknown>;
      page.transact(() => [shape.set("x", 12.25), shape.set("y", -3.5)]);
    }),
    kind("a shape drawn", (page) => page.getMap("whiteboard").set("shape:new", shapeMap(1))),
    kind("twenty shapes moved", (page) => {
      page.transact(() => {
        for (let n = 0; n < 20; n++) {
          const shape = page.getMap("whiteboard").get(`shape:${n}`) as Y.Map<unknown>;
          shape.set("x", n + 0.5);
        }
      });
    }),
    kind("a line printed", (page) => {
      const run = page.getArray("runs").get(0) as Y.Map<unknown>;
      const output = run.get("output") as Y.Text;
      output.insert(output.length, "printed line of output\n");
    }),
    kind("a shape deleted", (page) => page.getMap("whiteboard").delete("shape:9")),
  ];
}

function kind(name: string, edit: (page: Y.Doc) => void): Kind {
  const doc = lessonDocument();
  const page = new Y.Doc();
  openRoots(page);
  Y.applyUpdate(page, Y.encodeStateAsUpdate(doc));
  page.clientID = CLIENT;
  let update = new Uint8Array();
  page.on("update", (bytes: Uint8Array) => update = bytes as Uint8Array<ArrayBuffer>);
  edit(page);
  page.destroy();
  return { name, doc, update };
}

function lessonDocument(): Y.Doc {
  const doc = new Y.Doc();
  openRoots(doc);
  doc.transact(() => {
    for (let n = 0; n < 300; n++) doc.getMap("whiteboard").set(`shape:${n}`, shapeMap(n));
    const text = new Y.Text("def solve(a, b):\n    return a + b\n".repeat(100));
    const file = new Y.Map<unknown>([["name", "main.py"], ["language", "python"], ["text", text]]);
    doc.getMap("files").set("f", file);
    const output = new Y.Text("1\n2\n3\n");
    doc.getArray("runs").push([new Y.Map<unknown>([["id", "r"], ["output", output]])]);
  });
  return doc;
}

function shapeMap(n: number): Y.Map<unknown> {
  const segments = Y.Array.from([new Uint8Array(40), new Uint8Array(40)]);
  const props = new Y.Map<unknown>([
    ...Object.entries({
      color: "black",
      size: "m",
      fill: "none",
      dash: "draw",
      isPen: true,
      scale: 1,
    }),
    ["segments", segments],
  ]);
  return new Y.Map<unknown>([
    ...Object.entries({ type: "draw", x: n, y: n * 1.5, index: "a1", parentId: "page:page" }),
    ["props", props],
  ]);
}

const codeOf = (page: Y.Doc): Y.Text =>
  (page.getMap("files").get("f") as Y.Map<unknown>).get("text") as Y.Text;

function segmentsOf(page: Y.Doc): Y.Array<Uint8Array> {
  const shape = page.getMap("whiteboard").get("shape:5") as Y.Map<unknown>;
  return (shape.get("props") as Y.Map<unknown>).get("segments") as Y.Array<Uint8Array>;
}
