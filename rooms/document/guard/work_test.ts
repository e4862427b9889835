import { expect } from "@std/expect";
import * as Y from "yjs";
import {
  type ForgedContent,
  type ForgedId,
  type ForgedStruct,
  forgeUpdate,
} from "../../../tests/fuzz/guard/forge.ts";
import { CLIENTS, newReplica, openMeeting, rightsFor } from "../../../tests/fuzz/guard/meeting.ts";
import { Random } from "../../../tests/fuzz/guard/random.ts";
import { countWalk } from "../../../tests/fuzz/guard/walk.ts";
import { DEFAULT_BOUNDS, judgeUpdate } from "./guard.ts";
import { fileOf } from "../../contract/document/reading.ts";
import { whiteboardOf } from "../../contract/document/schema.ts";

const rights = rightsFor(["whiteboard", "files", "runs"]);
const map: ForgedContent = { kind: "type", ref: 1 };
const schema: ForgedContent = { kind: "values", values: [{}] };

/** What the guard charges for an update that it must accept, which is then applied. */
function accept(doc: Y.Doc, update: Uint8Array): number {
  const verdict = judgeUpdate(doc, update, rights);
  if (!verdict.ok) throw new Error(verdict.reason);
  Y.applyUpdate(doc, update);
  return verdict.work;
}

/** Applies an edit on a copy of `base`, as the page of this client id; answers the update. */
function edited(base: Y.Doc, clientId: number, edit: (doc: Y.Doc) => void): Uint8Array {
  const page = newReplica(1);
  Y.applyUpdate(page, Y.encodeStateAsUpdate(base));
  page.clientID = clientId;
  edit(page);
  const update = Y.encodeStateAsUpdate(page, Y.encodeStateVector(base));
  page.destroy();
  return update;
}

function siblings(client: number, count: number, item: ForgedStruct): Uint8Array {
  return forgeUpdate([{
    client,
    clock: 0,
    structs: new Array(count).fill(item),
  }]);
}

for (
  const [where, item] of [
    ["one place of a sequence", { parent: "runs", content: map }],
    ["one key of a map", { parent: "whiteboard", key: "schema", content: schema }],
  ] as const
) {
  Deno.test(`two client ids can't keep the server busy with siblings at ${where}`, () => {
    const doc = openMeeting();
    let work = 0;
    let walked = 0;
    let refused = 0;
    for (const client of [CLIENTS.earlier, CLIENTS.sender]) {
      const update = siblings(client, 4000, item);
      expect(update.byteLength).toBeLessThan(100_000);
      const verdict = judgeUpdate(doc, update, rights);
      if (verdict.ok) {
        work += verdict.work;
        walked += countWalk(() => Y.applyUpdate(doc, update));
      } else {
        expect(verdict).toMatchObject({ kind: "too-large" });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(work).toBeLessThanOrEqual(DEFAULT_BOUNDS.maxWork);
    expect(walked).toBeLessThan(100_000);
  });
}

Deno.test("one client id can't do it by naming another right neighbour each time", () => {
  const doc = openMeeting();
  const targets = forgeUpdate([{
    client: CLIENTS.earlier,
    clock: 0,
    structs: Array.from({ length: 4000 }, (_, n): ForgedStruct => ({
      ...(n === 0 ? { parent: "runs" } : { origin: { client: CLIENTS.earlier, clock: n - 1 } }),
      content: map,
    })),
  }]);
  expect(accept(doc, targets)).toBeLessThan(100);
  const update = forgeUpdate([{
    client: CLIENTS.sender,
    clock: 0,
    structs: Array.from({ length: 4000 }, (_, n): ForgedStruct => ({
      parent: "runs",
      rightOrigin: { client: CLIENTS.earlier, clock: 3999 - n },
      content: map,
    })),
  }]);
  expect(judgeUpdate(doc, update, rights)).toMatchObject({ ok: false, kind: "too-large" });
});

Deno.test("nobody can cut a long text into pieces for minutes", () => {
  const doc = openMeeting();
  const text = fileOf(doc, "f1")!.text;
  const update = edited(doc, CLIENTS.sender, (page) => {
    const copy = fileOf(page, "f1")!.text;
    copy.insert(0, "x".repeat(400_000));
  });
  accept(doc, update);
  expect(text.length).toBeGreaterThan(400_000);
  const ranges = Array.from({ length: 190_000 }, (_, n): [number, number] => [n * 2, 1]);
  const erasure = forgeUpdate([], [{ client: CLIENTS.sender, ranges }]);
  expect(judgeUpdate(doc, erasure, rights)).toMatchObject({ ok: false, kind: "too-large" });
});

Deno.test("Yjs never walks further than the guard charged, whatever neighbours are named", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = new Random(seed);
    const doc = openMeeting();
    const ids: { id: ForgedId; key: string | undefined }[] = [];
    const clocks = new Map<number, number>([[CLIENTS.earlier, 0], [CLIENTS.sender, 0]]);
    for (let round = 0; round < 6; round++) {
      const clients = random.chance(0.5) ? [...clocks.keys()] : [random.pick([...clocks.keys()])];
      const blocks = clients.map((client) => {
        const clock = clocks.get(client) ?? 0;
        let end = clock;
        const structs = Array.from({ length: 1 + random.below(30) }, (): ForgedStruct => {
          const id = { client, clock: end };
          const length = random.chance(0.3) ? 1 + random.below(3) : 1;
          const left = random.chance(0.6) && ids.length > 0
            ? random.chance(0.5)
              ? ids[Math.max(0, ids.length - 1 - random.below(3))]
              : random.pick(ids)
            : undefined;
          const key = left === undefined ? random.pick([undefined, "a"]) : left.key;
          const fitting = ids.filter((other) => other.key === key && other.id !== left?.id);
          const right = random.chance(0.5) && fitting.length > 0
            ? random.chance(0.5) ? fitting.at(-1) : random.pick(fitting)
            : undefined;
          for (let n = 0; n < (key === undefined ? length : 1); n++) {
            ids.push({ id: { client, clock: end++ }, key });
          }
          return {
            ...(left === undefined ? {} : { origin: left.id }),
            ...(right === undefined ? {} : { rightOrigin: right.id }),
            ...(left === undefined && right === undefined
              ? { parent: key === undefined ? "runs" : "whiteboard", key }
              : {}),
            content: { kind: "values", values: new Array(end - id.clock).fill(1) },
          } as ForgedStruct;
        });
        clocks.set(client, end);
        return { client, clock, structs };
      });
      const update = forgeUpdate(blocks);
      const verdict = judgeUpdate(doc, update, rights);
      if (!verdict.ok) break;
      const structs = blocks.reduce((sum, block) => sum + block.structs.length, 0);
      const walked = countWalk(() => Y.applyUpdate(doc, update));
      // The step at which a walk ends is free.
      if (walked > verdict.work + structs) {
        throw new Error(
          `seed ${seed}: ${walked} steps, ${verdict.work} charged, ${structs} structs`,
        );
      }
    }
  }
});

Deno.test("a large paste, an import, a day offline and a cleared board stay well below the bound", () => {
  const doc = openMeeting();
  const pasted = edited(doc, CLIENTS.sender, (page) => {
    fileOf(page, "f1")!.text.insert(3, "line\n".repeat(100_000));
  });
  expect(accept(doc, pasted)).toBeLessThan(10);

  const imported = edited(doc, CLIENTS.sender, (page) => {
    page.transact(() => {
      for (let n = 0; n < 8000; n++) {
        const record = Object.entries({ x: n, y: n, kind: "note", color: "blue" });
        const segments = Y.Array.from([new Uint8Array(8), new Uint8Array(8)]);
        const props = new Y.Map<unknown>([["segments", segments]]);
        whiteboardOf(page).set(`note:${n}`, new Y.Map<unknown>([...record, ["props", props]]));
      }
    });
  });
  expect(Y.decodeUpdate(imported).structs.length).toBeGreaterThan(60_000);
  expect(accept(doc, imported)).toBeLessThan(10);

  // While one types in front of what they typed, line by line, others write in the same place.
  const text = fileOf(doc, "f1")!.text;
  const offline = edited(doc, CLIENTS.sender, (page) => {
    const copy = fileOf(page, "f1")!.text;
    for (let n = 0; n < 5000; n++) copy.insert(n % 7 === 0 ? n : 0, `${n}\n`);
    for (let n = 0; n < 2000; n++) copy.delete(n * 3, 1);
  });
  for (let n = 0; n < 500; n++) text.insert(n % 3 === 0 ? 0 : n, "y");
  expect(accept(doc, offline)).toBeLessThan(DEFAULT_BOUNDS.maxWork / 2);

  const cleared = edited(doc, CLIENTS.sender, (page) => whiteboardOf(page).clear());
  expect(accept(doc, cleared)).toBeLessThan(DEFAULT_BOUNDS.maxWork / 4);
});
