import { expect } from "@std/expect";
import * as Y from "yjs";
import { observe, observeDeep, ShieldedAwareness, ShieldedDoc } from "./shielded.ts";

const EVENTS = [
  "beforeAllTransactions",
  "beforeTransaction",
  "beforeObserverCalls",
  "afterTransaction",
  "afterTransactionCleanup",
  "update",
  "updateV2",
  "afterAllTransactions",
] as const;

for (const event of EVENTS) {
  Deno.test(`ShieldedDoc goes on after a listener of ${event} that throws`, () => {
    const reported: unknown[] = [];
    const doc = new ShieldedDoc((error) => reported.push(error));
    const copy = new Y.Doc();
    const fault = new Error("broken");
    doc.on(event, () => {
      throw fault;
    });
    doc.on("update", (update: Uint8Array) => Y.applyUpdate(copy, update));
    const far = new Y.Doc();
    far.getMap("a").set("far", 1);
    doc.getMap("a").set("one", 1);
    doc.getMap("a").set("two", 2);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(far));
    expect(copy.getMap("a").toJSON()).toEqual({ one: 1, two: 2, far: 1 });
    expect(reported).toEqual([fault, fault, fault]);
  });
}

Deno.test("observers that throw are reported, and neither the writer nor the others notice", () => {
  const reported: unknown[] = [];
  const doc = new ShieldedDoc((error) => reported.push(error));
  const map = doc.getMap<number>("a");
  const seen: string[] = [];
  const throws = () => {
    throw new Error("broken");
  };
  observe(map, throws);
  observeDeep(map, throws);
  const stop = observe(map, () => seen.push("observe"));
  observeDeep(map, () => seen.push("observeDeep"));
  map.set("one", 1);
  stop();
  map.set("two", 2);
  expect(seen).toEqual(["observe", "observeDeep", "observeDeep"]);
  expect(reported.length).toBe(4);
});

Deno.test("ShieldedAwareness tells the other listeners when one throws", () => {
  const awareness = new ShieldedAwareness(new Y.Doc());
  const reported: unknown[] = [];
  const note = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error);
  };
  globalThis.addEventListener("error", note);
  const seen: string[] = [];
  awareness.on("change", () => {
    throw new Error("broken");
  });
  awareness.on("change", () => seen.push("change"));
  awareness.on("update", () => seen.push("update"));
  awareness.setLocalState({ name: "Ada" });
  awareness.destroy();
  globalThis.removeEventListener("error", note);
  expect(seen.slice(0, 2)).toEqual(["change", "update"]);
  expect(reported.length).toBeGreaterThan(0);
});
