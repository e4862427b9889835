import { expect } from "@std/expect";
import type { IndexKey, TLRecord } from "tldraw";
import { createBoardStore, geoShape } from "../binding/testing/board.ts";
import { BoardFileError, parseBoardFile, readRecords, withNewIds } from "./board_file.ts";

const store = createBoardStore();
const schema = store.schema.serialize();

function page(id: string, index: string): TLRecord {
  return { id: `page:${id}`, typeName: "page", name: id, index, meta: {} } as unknown as TLRecord;
}

Deno.test("a board file gives its valid records and leaves out the others", () => {
  const broken = { ...geoShape("broken"), x: "left" } as unknown as TLRecord;
  const strange = { id: "camera:1", typeName: "camera" } as unknown as TLRecord;
  const text = JSON.stringify({
    format: "lectern-board",
    version: 1,
    schema,
    records: [page("page", "a1"), geoShape("a"), broken, strange],
    images: {},
  });
  const records = readRecords(store, parseBoardFile(text));
  expect(records.map(({ id }) => id as string)).toEqual(["page:page", "shape:a"]);
});

Deno.test("what is no board file is refused in words", () => {
  const newer = JSON.stringify({ format: "lectern-board", version: 2, schema, records: [] });
  for (const text of ["", "{", "null", "[]", '{"format":"other"}', newer]) {
    expect(() => parseBoardFile(text)).toThrow(BoardFileError);
  }
});

Deno.test("opened pages come behind the board's own, in their order, and nothing keeps its id", () => {
  const shape = { ...geoShape("a"), parentId: "page:two" } as TLRecord;
  const inside = { ...geoShape("b"), parentId: "shape:a" } as TLRecord;
  const lost = { ...geoShape("c"), parentId: "page:gone" } as TLRecord;
  const added = withNewIds(
    [page("two", "a5"), page("one", "a2"), shape, inside, lost],
    "a7" as IndexKey,
  );
  const by = (from: string) =>
    added.find((entry) => entry.from === from)?.record as TLRecord & {
      parentId: string;
      index: string;
    };
  expect(added.map(({ from }) => from)).not.toContain("shape:c");
  expect(by("page:one").index > "a7").toBe(true);
  expect(by("page:two").index > by("page:one").index).toBe(true);
  expect(by("shape:a").parentId).toBe(by("page:two").id);
  expect(by("shape:b").parentId).toBe(by("shape:a").id);
  expect(added.some(({ record, from }) => record.id === from)).toBe(false);
});
