import * as Y from "yjs";
import {
  type Attack,
  bySender,
  chunk,
  map,
  one,
  testAttacks,
} from "../../../tests/fuzz/guard/attack.ts";
import type { ForgedContent } from "../../../tests/fuzz/guard/forge.ts";
import { CLIENTS } from "../../../tests/fuzz/guard/meeting.ts";
import type { RefusalKind } from "./guard.ts";

const { sender } = CLIENTS;

const ofContent: Attack[] = [
  ...([
    ["a sub-document", { kind: "document", guid: "g", options: {} }, "sub-document"],
    ["legacy JSON", { kind: "json", values: ["1"] }, "changes whiteboard"],
    ["an embed", { kind: "embed", json: "{}" }, "changes whiteboard"],
    ["an XML element", { kind: "type", ref: 3 }, "changes whiteboard"],
    ["an XML fragment", { kind: "type", ref: 4 }, "changes whiteboard"],
    ["a bigint", { kind: "values", values: [1n] }, "unreadable"],
    ["text as a map's entry", { kind: "text", text: "a" }, "changes whiteboard"],
    ["several values as a map's entry", { kind: "values", values: [1, 2] }, "changes whiteboard"],
  ] as [string, ForgedContent, string][]).map(([name, content, harm]): Attack => ({
    name,
    kind: "content",
    harm,
    update: ({ shape }) => bySender({ parent: shape, key: "z", content }),
  })),
  {
    name: "a formatting mark",
    kind: "content",
    harm: "nothing to see",
    roots: ["files"],
    update: ({ code }) =>
      bySender({ parent: code, content: { kind: "format", key: "b", json: "1" } }),
  },
  {
    name: "values in a text, where positions would count them and nobody see them",
    kind: "content",
    harm: "nothing to see",
    roots: ["files"],
    update: ({ code }) => bySender({ parent: code, content: one }),
  },
  {
    name: "a keyed entry in an array",
    kind: "content",
    harm: "nothing to see",
    update: ({ segments }) => bySender({ parent: segments, key: "x", content: chunk }),
  },
  {
    name: "a list item in the whiteboard's map, which nobody can see or delete",
    kind: "content",
    harm: "nothing to see",
    update: () => bySender({ parent: "whiteboard", content: one }),
  },
  {
    name: "maps nested deeper than a record's",
    kind: "content",
    harm: "changes whiteboard",
    update: () =>
      bySender(
        { parent: "whiteboard", key: "shape:3", content: map },
        ...Array.from({ length: 16 }, (_, clock) => ({
          parent: { client: sender, clock },
          key: "deep",
          content: map,
        })),
      ),
  },
  {
    name: "a value nested deeper than the bound",
    kind: "content",
    harm: "changes whiteboard",
    update: ({ shape }) => {
      let value: unknown = 1;
      for (let depth = 0; depth < 65; depth++) value = [value];
      return bySender({
        parent: shape,
        key: "v",
        content: { kind: "values", values: [value] },
      });
    },
  },
  {
    name: "a key that would set a prototype",
    kind: "content",
    harm: "changes whiteboard",
    update: ({ shape }) => bySender({ parent: shape, key: "__proto__", content: one }),
  },
  {
    name: "a property that would set a prototype",
    kind: "content",
    harm: "changes whiteboard",
    update: ({ shape }) => {
      const value = JSON.parse('{"__proto__": {"host": true}}');
      return bySender({
        parent: shape,
        key: "v",
        content: { kind: "values", values: [value] },
      });
    },
  },
  {
    name: "a key of a thousand characters",
    kind: "too-large",
    harm: "changes whiteboard",
    update: ({ shape }) => bySender({ parent: shape, key: "k".repeat(1000), content: one }),
  },
  {
    name: "a GC that burns all numbers of the sender's id",
    kind: "too-large",
    harm: "nothing to see",
    update: () => bySender({ gc: 2 ** 45 }),
  },
];

const ofBytes: Attack[] = [
  ...([
    ["no bytes", [], "malformed", "throws"],
    ["an integer that never ends", Array(20).fill(0xff), "malformed", "throws"],
    ["an integer that ends early", [0x80], "malformed", "throws"],
    ["a claim of 2^40 blocks", [0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0], "malformed", "throws"],
    ["a claim of 2^31 structs", [1, 0x80, 0x80, 0x80, 0x80, 0x08, 1, 0, 0], "malformed", "throws"],
    [
      "a claim of 2^31 delete ranges",
      [0, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x08, 0],
      "malformed",
      "throws",
    ],
    ["a content that doesn't exist", [1, 1, 1, 0, 0x9f, 0, 0, 0], "malformed", "throws"],
    [
      "an empty struct",
      [1, 1, sender & 0x7f | 0x80, sender >> 7, 0, 0, 0, 0],
      "malformed",
      "nothing to see",
    ],
  ] as [string, number[], RefusalKind, string][]).map(([name, bytes, kind, harm]): Attack => ({
    name,
    kind,
    harm,
    update: () => Uint8Array.from(bytes),
  })),
  {
    name: "a string that isn't UTF-8",
    kind: "malformed",
    harm: "throws",
    update: () => {
      const bytes = bySender({ parent: "whiteboard", key: "kkk", content: one });
      bytes[bytes.indexOf(107)] = 0xff;
      return bytes;
    },
  },
  {
    name: "a string that claims more bytes than there are",
    kind: "malformed",
    harm: "throws",
    update: () => {
      const bytes = bySender({
        parent: "whiteboard",
        key: "s",
        content: { kind: "bytes", bytes: new Uint8Array(9) },
      });
      bytes[bytes.lastIndexOf(9)] = 100;
      return bytes;
    },
  },
  {
    name: "bytes after the end",
    kind: "malformed",
    harm: "changes whiteboard",
    update: () =>
      Uint8Array.of(...bySender({ parent: "whiteboard", key: "shape:3", content: map }), 0),
  },
  {
    name: "an update in the v2 format",
    kind: "malformed",
    harm: "nothing to see",
    update: () => {
      const doc = new Y.Doc();
      doc.clientID = sender;
      doc.getMap("whiteboard").set("shape:3", new Y.Map());
      return Y.encodeStateAsUpdateV2(doc);
    },
  },
];

testAttacks([...ofContent, ...ofBytes]);
