/**
 * Writes Yjs v1 updates by hand, honest or not: what a hostile client can put on the wire and Yjs won't encode.
 *
 * Mirrors the grammar that `rooms/document/guard/decode.ts` reads. Nothing is checked here, on purpose.
 */
import * as encoding from "lib0/encoding";

export interface ForgedId {
  client: number;
  clock: number;
}

export type ForgedContent =
  | { kind: "deleted"; length: number }
  | { kind: "text"; text: string }
  | { kind: "values"; values: unknown[] }
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "type"; ref: number }
  | { kind: "json"; values: string[] }
  | { kind: "embed"; json: string }
  | { kind: "format"; key: string; json: string }
  | { kind: "document"; guid: string; options: unknown };

export interface ForgedItem {
  content: ForgedContent;
  origin?: ForgedId;
  rightOrigin?: ForgedId;
  /** A root's name, or the id of the item that holds the type. Written only without origins. */
  parent?: string | ForgedId;
  key?: string;
}

export type ForgedStruct = ForgedItem | { gc: number } | { skip: number };

export interface ForgedBlock {
  client: number;
  clock: number;
  structs: ForgedStruct[];
}

export interface ForgedDelete {
  client: number;
  ranges: [clock: number, length: number][];
}

export function forgeUpdate(blocks: ForgedBlock[], deletes: ForgedDelete[] = []): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, blocks.length);
  for (const { client, clock, structs } of blocks) {
    encoding.writeVarUint(encoder, structs.length);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    for (const struct of structs) writeStruct(encoder, struct);
  }
  encoding.writeVarUint(encoder, deletes.length);
  for (const { client, ranges } of deletes) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, ranges.length);
    for (const [clock, length] of ranges) {
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarUint(encoder, length);
    }
  }
  return encoding.toUint8Array(encoder);
}

const REFS = {
  deleted: 1,
  json: 2,
  bytes: 3,
  text: 4,
  embed: 5,
  format: 6,
  type: 7,
  values: 8,
  document: 9,
} as const;

function writeStruct(encoder: encoding.Encoder, struct: ForgedStruct): void {
  if ("gc" in struct) {
    encoding.writeUint8(encoder, 0);
    encoding.writeVarUint(encoder, struct.gc);
    return;
  }
  if ("skip" in struct) {
    encoding.writeUint8(encoder, 10);
    encoding.writeVarUint(encoder, struct.skip);
    return;
  }
  const { origin, rightOrigin, parent, key, content } = struct;
  encoding.writeUint8(
    encoder,
    REFS[content.kind] | (origin ? 0x80 : 0) | (rightOrigin ? 0x40 : 0) |
      (key === undefined ? 0 : 0x20),
  );
  if (origin) writeId(encoder, origin);
  if (rightOrigin) writeId(encoder, rightOrigin);
  if (!origin && !rightOrigin) {
    encoding.writeVarUint(encoder, typeof parent === "object" ? 0 : 1);
    if (typeof parent === "object") writeId(encoder, parent);
    else encoding.writeVarString(encoder, parent ?? "whiteboard");
    if (key !== undefined) encoding.writeVarString(encoder, key);
  }
  writeContent(encoder, content);
}

function writeId(encoder: encoding.Encoder, { client, clock }: ForgedId): void {
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
}

function writeContent(encoder: encoding.Encoder, content: ForgedContent): void {
  switch (content.kind) {
    case "deleted":
      return encoding.writeVarUint(encoder, content.length);
    case "text":
      return encoding.writeVarString(encoder, content.text);
    case "bytes":
      return encoding.writeVarUint8Array(encoder, content.bytes);
    case "type": // the XML types carry a name
      encoding.writeVarUint(encoder, content.ref);
      if (content.ref === 3 || content.ref === 5) encoding.writeVarString(encoder, "p");
      return;
    case "values":
      encoding.writeVarUint(encoder, content.values.length);
      for (const value of content.values) encoding.writeAny(encoder, value as never);
      return;
    case "json":
      encoding.writeVarUint(encoder, content.values.length);
      for (const value of content.values) encoding.writeVarString(encoder, value);
      return;
    case "embed":
      return encoding.writeVarString(encoder, content.json);
    case "format":
      encoding.writeVarString(encoder, content.key);
      return encoding.writeVarString(encoder, content.json);
    case "document":
      encoding.writeVarString(encoder, content.guid);
      return encoding.writeAny(encoder, content.options as never);
  }
}
