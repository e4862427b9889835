/** Decides whether what a struct brings has the shape that the schema gives its place. */
import * as decoding from "lib0/decoding";
import type { DecodedStruct } from "./decode.ts";
import { type Place, shapeAt } from "./place.ts";
import { refuse } from "./refusal.ts";
import { fieldIn, type Plain, shapeOfKind } from "../../contract/document/shape.ts";

/** Notes the shape of the type that the struct creates, for what comes into it. @throws Refusal `content` */
export function judgeContent(update: Uint8Array, struct: DecodedStruct, place: Place): void {
  const shape = shapeAt(place);
  if (shape === undefined || shape.kind !== place.kind) {
    refuse("content", `something in a ${place.kind} that has no place in ${place.root}`);
  }
  if (struct.content === "text") return;
  const field = fieldIn(shape, place.key);
  if (field === undefined) refuse("content", `${where(place)} is no field`);
  switch (struct.content) {
    case "type":
      struct.shape = shapeOfKind(field, struct.creates!) ?? refuse(
        "content",
        `a ${struct.creates} as ${where(place)}`,
      );
      return;
    case "bytes":
      if (field.maxBytes === undefined) refuse("content", `bytes as ${where(place)}`);
      if (struct.bytes > field.maxBytes) {
        refuse("content", `${struct.bytes} bytes as ${where(place)}`);
      }
      return;
    case "values":
      if (field.plain === undefined) refuse("content", `a plain value as ${where(place)}`);
      judgeValues(update, struct, place, field.plain);
  }
}

function judgeValues(
  update: Uint8Array,
  { at, bytes, length }: DecodedStruct,
  place: Place,
  { maxBytes, holds }: Plain,
): void {
  // Values that were overwritten at once stand in one struct: together they are so long at most.
  if (bytes > maxBytes * length) refuse("content", `a value of ${bytes} bytes as ${where(place)}`);
  if (holds === undefined) return;
  const decoder = decoding.createDecoder(update);
  decoder.pos = at;
  for (let left = length; left > 0; left--) {
    if (!holds(decoding.readAny(decoder))) refuse("content", `not a value for ${where(place)}`);
  }
}

function where({ root, key }: Place): string {
  return key === null ? `an item in ${root}` : `${JSON.stringify(key.slice(0, 40))} in ${root}`;
}
