import { expect } from "@std/expect";
import { Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { Presence, readPresenceUpdate } from "./presence.ts";

function updateOf(state: Record<string, unknown> | null): { clientId: number; update: Uint8Array } {
  const awareness = new Awareness(new Y.Doc());
  try {
    awareness.setLocalState(state);
    const update = encodeAwarenessUpdate(awareness, [awareness.clientID]);
    return { clientId: awareness.clientID, update };
  } finally {
    awareness.destroy();
  }
}

Deno.test("a presence lasts thirty seconds of the lesson, however long the replay stands still", () => {
  const presence = new Presence();
  const { clientId, update } = updateOf({ code: { by: "p1" } });
  presence.apply(update, 1000);
  expect(presence.at(31_000)).toEqual([{ clientId, state: { code: { by: "p1" } } }]);
  expect(presence.at(31_001)).toEqual([]);
});

Deno.test("whoever says that they are gone is gone at once", () => {
  const awareness = new Awareness(new Y.Doc());
  const presence = new Presence();
  awareness.setLocalState({ a: 1 });
  presence.apply(encodeAwarenessUpdate(awareness, [awareness.clientID]), 0);
  expect(presence.at(1)).toHaveLength(1);
  awareness.setLocalState(null);
  presence.apply(encodeAwarenessUpdate(awareness, [awareness.clientID]), 2);
  expect(presence.at(3)).toEqual([]);
  awareness.destroy();
});

Deno.test("bytes that are cut off are read as far as they go", () => {
  const { update } = updateOf({ a: 1 });
  expect(readPresenceUpdate(update.subarray(0, update.length - 2))).toEqual([]);
  expect(readPresenceUpdate(new Uint8Array([255, 255]))).toEqual([]);
});
