import { expect } from "@std/expect";
import type { TLPageId, TLPresenceStateInfo } from "tldraw";
import { createBoardStore } from "../binding/testing/board.ts";
import { outgoingState, PRESENCE_KEY, presenceRecord, readPresence } from "./board_presence.ts";

const person = { id: "p-1", name: "Ada", color: "#2f6fd6" };

function state(change: Partial<TLPresenceStateInfo> = {}): TLPresenceStateInfo {
  return {
    userId: "somebody else",
    userName: "Somebody Else",
    currentPageId: "page:page" as TLPageId,
    cursor: { x: 12.345, y: -6.789, type: "default", rotation: 0 },
    camera: { x: 1.2345, y: 0, z: 1 / 3 },
    screenBounds: { x: 0, y: 0, w: 800, h: 600 },
    selectedShapeIds: [],
    brush: null,
    scribbles: [],
    followingUserId: null,
    lastActivityTimestamp: 1,
    ...change,
  };
}

Deno.test("what goes out is small: whole pixels, the end of a laser's trail, a bounded selection", () => {
  const points = Array.from({ length: 500 }, (_, at) => ({ x: at + 0.123, y: 0.5, z: 0.5 }));
  const scribble = { id: "s", points, size: 4, color: "laser", opacity: 1, state: "active" };
  const ids = Array.from({ length: 500 }, (_, at) => `shape:${at}`);
  const out = outgoingState(state({
    scribbles: [scribble] as unknown as NonNullable<TLPresenceStateInfo["scribbles"]>,
    selectedShapeIds: ids as unknown as NonNullable<TLPresenceStateInfo["selectedShapeIds"]>,
  }));
  expect(out.cursor).toMatchObject({ x: 12, y: -7 });
  expect(out.scribbles?.[0]?.points.at(-1)?.x).toBe(499);
  expect(JSON.stringify(out).length).toBeLessThan(4000);
});

Deno.test("somebody's place is shown under their name in the meeting, whatever their page claims", () => {
  const store = createBoardStore();
  const awareness = { [PRESENCE_KEY]: { by: "p-1", state: outgoingState(state()), bring: null } };
  const presence = readPresence(awareness);
  const record = presenceRecord(store, 7, person, presence?.state ?? {});
  expect(record).toMatchObject({ userId: "p-1", userName: "Ada", currentPageId: "page:page" });
});

Deno.test("presence that can't be read is not shown", () => {
  const store = createBoardStore();
  for (const bad of [null, 3, {}, { board: null }, { board: { by: 4, state: {} } }]) {
    expect(readPresence(bad)).toBeUndefined();
  }
  const cursor = { x: NaN, y: 0, type: "default", rotation: 0 } as const;
  expect(presenceRecord(store, 7, person, outgoingState(state({ cursor })))).toBeUndefined();
  expect(presenceRecord(store, 7, person, {})).toBeUndefined();
});

Deno.test("a call to come with no extent, or none at all, brings nobody anywhere", () => {
  const call = { at: 1, page: "page:page", x: 0, y: 0, w: 100, h: 100 };
  const read = (bring: unknown) => readPresence({ board: { by: "p", state: {}, bring } })?.bring;
  expect(read(call)).toEqual(call);
  for (
    const bad of [null, 1, {}, { ...call, w: 0 }, { ...call, x: "1" }, { ...call, h: Infinity }]
  ) {
    expect(read(bad)).toBeNull();
  }
});
