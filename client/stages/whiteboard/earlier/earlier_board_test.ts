import { expect } from "@std/expect";
import type { TLRecord } from "tldraw";
import * as Y from "yjs";
import { carriedBoard } from "../../../../recorder/carry_over.ts";
import { whiteboardOf } from "../../../../rooms/contract/document/schema.ts";
import { createBoardStore, drawShape, geoShape, openTestBoard } from "../binding/testing/board.ts";
import { SCHEMA_KEY } from "../../../../rooms/contract/document/schema_board.ts";
import { BoardFileError } from "../files/board_file.ts";
import { readBoard } from "./earlier_board.ts";

const points = [{ x: 0, y: 0, z: 0.5 }, { x: 3, y: 4, z: 0.6 }];

Deno.test("an earlier lesson's board comes with its strokes, and without what doesn't fit", () => {
  const { doc, store, binding, root } = openTestBoard();
  store.put([geoShape("a"), drawShape("stroke", [{ type: "free", points }])]);
  binding.flush();
  root.set("shape:broken", new Y.Map([["type", "no such shape"]]));
  binding.destroy();

  const records = readBoard(carriedBoard(doc), createBoardStore());
  expect(records.map(({ id }) => id as string).sort())
    .toEqual(["page:page", "shape:a", "shape:stroke"]);
  const stroke = records.find(({ id }) => id === "shape:stroke") as TLRecord & {
    props: { segments: unknown };
  };
  expect(stroke.props.segments).toEqual([{ type: "free", points }]);
});

Deno.test("a board that a newer Lectern wrote is refused in words", () => {
  const { doc, store, binding } = openTestBoard();
  store.put([geoShape("a")]);
  binding.flush();
  binding.destroy();
  const schema = structuredClone(store.schema.serialize());
  schema.sequences["com.tldraw.shape.geo"] = 9999;
  whiteboardOf(doc).set(SCHEMA_KEY, schema);
  expect(() => readBoard(carriedBoard(doc), createBoardStore())).toThrow(BoardFileError);
});
