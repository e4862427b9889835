import { expect } from "@std/expect";
import * as Y from "yjs";
import { positionIn } from "../../../stages/code/document/place.ts";
import { indexIn } from "./places.ts";

Deno.test("a cursor is where the editor told it, in today's recordings and in early ones", () => {
  const text = new Y.Doc().getText("a");
  text.insert(0, "print(6 * 7)");
  const early = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, 6, -1));
  const today = positionIn(text, 6);
  text.insert(0, "# seven\n");
  expect([indexIn(text, early), indexIn(text, today)]).toEqual([14, 14]);
  expect([null, 7, "%%%", { item: 7 }].map((bad) => indexIn(text, bad)))
    .toEqual([null, null, null, null]);
});
