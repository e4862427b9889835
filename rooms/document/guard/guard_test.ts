import { expect } from "@std/expect";
import * as Y from "yjs";
import { fuzz } from "../../../tests/fuzz/guard.ts";
import { bySender, idsIn, map, one } from "../../../tests/fuzz/guard/attack.ts";
import { forgeUpdate } from "../../../tests/fuzz/guard/forge.ts";
import {
  ALL_ROOTS,
  CLIENTS,
  contentOf,
  openMeeting,
  rightsFor,
} from "../../../tests/fuzz/guard/meeting.ts";
import { DEFAULT_BOUNDS, judgeUpdate } from "./guard.ts";
import { SERVER_ROOTS, whiteboardOf } from "../../contract/document/schema.ts";

const { earlier, sender } = CLIENTS;

Deno.test("judgeUpdate refuses every truncation of an honest update", () => {
  const doc = openMeeting();
  const client = new Y.Doc();
  Y.applyUpdate(client, Y.encodeStateAsUpdate(doc));
  client.clientID = sender;
  const props = new Y.Map<unknown>([["a", [1, 2.5]]]);
  const record = new Y.Map<unknown>([["label", "für Ada 😀"], ["props", props]]);
  whiteboardOf(client).set("shape:3", record);
  whiteboardOf(client).delete("shape:1");
  const update = Y.encodeStateAsUpdate(client, Y.encodeStateVector(doc));
  for (let length = 0; length < update.length; length++) {
    const verdict = judgeUpdate(doc, update.slice(0, length), rightsFor(["whiteboard"]));
    expect(verdict).toEqual({ ok: false, kind: "malformed", reason: expect.any(String) });
  }
  expect(judgeUpdate(doc, update, rightsFor(["whiteboard"])).ok).toBe(true);
});

Deno.test("judgeUpdate refuses what is over each bound", () => {
  const doc = openMeeting();
  const rights = rightsFor(["whiteboard"]);
  const entries = ["p:a", "p:b", "p:c"].map((key) => ({ parent: "whiteboard", key, content: map }));
  const update = forgeUpdate(
    [{ client: sender, clock: 0, structs: entries }],
    [{ client: sender, ranges: [[0, 1], [2, 1]] }],
  );
  expect(judgeUpdate(doc, update, rights).ok).toBe(true);
  for (
    const bound of [{ maxUpdateBytes: update.length - 1 }, { maxStructs: 2 }, {
      maxDeleteRanges: 1,
    }]
  ) {
    expect(judgeUpdate(doc, update, rights, { ...DEFAULT_BOUNDS, ...bound }))
      .toEqual({ ok: false, kind: "too-large", reason: expect.any(String) });
  }
});

Deno.test("judgeUpdate refuses the server's roots even to rights that allow them", () => {
  for (const root of SERVER_ROOTS) {
    const doc = openMeeting();
    const key = root === "chat" ? {} : { key: "k" };
    const update = bySender({ parent: root, ...key, content: one });
    expect(judgeUpdate(doc, update, rightsFor(ALL_ROOTS)))
      .toEqual({ ok: false, kind: "forbidden", reason: expect.any(String) });
  }
});

Deno.test("judgeUpdate refuses a map's entry of several values, which would throw when its map goes", () => {
  const doc = openMeeting();
  const { shape } = idsIn(doc);
  const long = { kind: "values", values: [1, 2] } as const;
  const update = bySender({
    parent: shape,
    key: "z",
    content: { ...long, values: [...long.values] },
  });
  expect(judgeUpdate(doc, update, rightsFor(["whiteboard"])).ok).toBe(false);
  Y.applyUpdate(doc, update);
  Y.applyUpdate(
    doc,
    forgeUpdate([{
      client: earlier,
      clock: 0,
      structs: [{ origin: { client: sender, clock: 0 }, content: one }],
    }]),
  );
  expect(() => whiteboardOf(doc).delete("shape:1")).toThrow();
});

Deno.test("judgeUpdate refuses a struct whose known part lies in another type", () => {
  const doc = openMeeting();
  const rights = rightsFor(["files"]);
  const { code } = idsIn(doc);
  Y.applyUpdate(doc, bySender({ parent: code, content: { kind: "text", text: "ab" } }));
  const longer = (parent: typeof code | string) =>
    bySender({ parent, content: { kind: "text", text: "abc" } });
  expect(judgeUpdate(doc, longer(code), rights))
    .toMatchObject({ ok: true, noop: false, touched: new Set(["files"]) });
  expect(judgeUpdate(doc, longer("chat"), rights))
    .toEqual({ ok: false, kind: "malformed", reason: expect.any(String) });
  expect(judgeUpdate(doc, longer("runs"), rightsFor(["files", "runs"])))
    .toEqual({ ok: false, kind: "malformed", reason: expect.any(String) });
});

Deno.test("judgeUpdate accepts a GC of the sender's own, and what follows it becomes one", () => {
  const doc = openMeeting();
  const before = contentOf(doc);
  const update = bySender({ gc: 3 }, { origin: { client: sender, clock: 2 }, content: one });
  expect(judgeUpdate(doc, update, rightsFor(["whiteboard"])))
    .toMatchObject({ ok: true, noop: false, touched: new Set() });
  Y.applyUpdate(doc, update);
  expect(contentOf(doc)).toEqual(before);
  expect(doc.store.pendingStructs).toBe(null);
});

Deno.test("judgeUpdate names a repeated update a no-op and the roots of a new one", () => {
  const doc = openMeeting();
  const rights = rightsFor(["whiteboard", "files"]);
  const all = Y.encodeStateAsUpdate(doc);
  expect(judgeUpdate(doc, all, rightsFor([]))).toMatchObject({
    ok: true,
    noop: true,
    touched: new Set(),
  });
  const { codeStart } = idsIn(doc);
  const update = bySender(
    { parent: "whiteboard", key: "shape:s", content: map },
    { rightOrigin: codeStart, content: { kind: "text", text: "x" } },
  );
  expect(judgeUpdate(doc, update, rights))
    .toMatchObject({ ok: true, noop: false, touched: new Set(["whiteboard", "files"]) });
});

Deno.test("seeds on which the guard once failed find no violation", async () => {
  // A struct that gets collected, whose neighbour was half an emoji: the server alone lost the emoji.
  // An item before and after the same one, outside a text: a reloaded document had another order.
  // A right neighbour that lies left of the left one; the last in what Yjs makes one item of with it.
  for (
    const seed of [968484078, 1000129, 1000751, 7000207, 7001850, 7004518, 7005138, 4150087880]
  ) {
    expect((await fuzz({ seed, runs: 40 })).violations).toEqual([]);
  }
});
