import { type Attack, bySender, map, one, testAttacks } from "../../../tests/fuzz/guard/attack.ts";
import { forgeUpdate } from "../../../tests/fuzz/guard/forge.ts";
import { CLIENTS } from "../../../tests/fuzz/guard/meeting.ts";

const { server, peer, earlier, sender } = CLIENTS;

/** Yjs keeps what it can't integrate, and would hold back what comes later. */
const leftPending: Attack[] = [
  ...(["origin", "rightOrigin", "parent"] as const).map((field): Attack => ({
    name: `an unknown ${field}`,
    kind: "missing-dependency",
    harm: "pending",
    update: ({ next }) => bySender({ [field]: next(peer), key: "x", content: one }),
  })),
  {
    name: "a clock gap",
    kind: "missing-dependency",
    harm: "pending",
    update: () =>
      forgeUpdate([{
        client: sender,
        clock: 3,
        structs: [{ parent: "whiteboard", key: "p:x", content: map }],
      }]),
  },
  {
    name: "a hole before an item",
    kind: "missing-dependency",
    harm: "pending",
    update: () => bySender({ skip: 2 }, { parent: "whiteboard", key: "p:x", content: map }),
  },
  {
    name: "a hole between items",
    kind: "missing-dependency",
    harm: "pending",
    update: () =>
      bySender(
        { parent: "whiteboard", key: "p:x", content: map },
        { skip: 1 },
        { parent: "whiteboard", key: "p:y", content: map },
      ),
  },
  {
    name: "an origin beyond the end of the update's other block",
    kind: "missing-dependency",
    harm: "pending",
    update: () =>
      forgeUpdate([
        {
          client: sender,
          clock: 0,
          structs: [{ origin: { client: earlier, clock: 1 }, content: one }],
        },
        {
          client: earlier,
          clock: 0,
          structs: [{ parent: "whiteboard", key: "p:x", content: map }],
        },
      ]),
  },
  {
    name: "two items that wait for each other",
    kind: "missing-dependency",
    harm: "pending",
    update: () =>
      forgeUpdate([
        {
          client: sender,
          clock: 0,
          structs: [{ origin: { client: earlier, clock: 0 }, content: one }],
        },
        {
          client: earlier,
          clock: 0,
          structs: [{ origin: { client: sender, clock: 0 }, content: one }],
        },
      ]),
  },
  {
    name: "two blocks that wait for each other's later items",
    kind: "missing-dependency",
    harm: "pending",
    update: () => {
      const waitingFor = (client: number) => [
        { parent: { client, clock: 1 }, key: "x", content: one },
        { parent: "whiteboard", key: `shape:${client}`, content: map },
      ];
      return forgeUpdate([
        { client: sender, clock: 0, structs: waitingFor(earlier) },
        { client: earlier, clock: 0, structs: waitingFor(sender) },
      ]);
    },
  },
  {
    name: "a second block that replaces what the first brought",
    kind: "malformed",
    harm: "pending",
    update: () =>
      forgeUpdate([
        { client: sender, clock: 0, structs: [{ parent: "whiteboard", key: "p:x", content: map }] },
        { client: sender, clock: 1, structs: [{ parent: "whiteboard", key: "p:y", content: map }] },
      ]),
  },
  {
    name: "an empty block that replaces what the first brought",
    kind: "malformed",
    harm: "pending",
    update: () =>
      forgeUpdate([
        { client: sender, clock: 0, structs: [{ parent: "whiteboard", key: "s", content: map }] },
        {
          client: earlier,
          clock: 0,
          structs: [{ parent: { client: sender, clock: 0 }, key: "x", content: one }],
        },
        { client: sender, clock: 0, structs: [] },
      ]),
  },
];

const withLyingReferences: Attack[] = [
  {
    name: "an item that follows itself",
    kind: "malformed",
    harm: "throws",
    update: () => bySender({ origin: { client: sender, clock: 0 }, content: one }),
  },
  {
    name: "an item that follows a later one of its own client",
    kind: "malformed",
    harm: "throws",
    update: () =>
      bySender(
        { origin: { client: sender, clock: 1 }, content: one },
        { parent: "whiteboard", key: "p:x", content: map },
      ),
  },
  {
    name: "an item before and after one character of a longer text",
    kind: "malformed",
    harm: "changes files",
    roots: ["files"],
    update: ({ code }) => {
      const character = { client: sender, clock: 2 };
      return bySender(
        { parent: code, content: { kind: "text", text: "abc" } },
        { origin: character, rightOrigin: character, content: { kind: "text", text: "x" } },
      );
    },
  },
  {
    name: "a known struct that cuts somebody's emoji in two",
    kind: "malformed",
    harm: "changes files",
    update: ({ halfEmoji }) =>
      forgeUpdate([{ client: server, clock: 0, structs: [{ origin: halfEmoji, content: one }] }]),
  },
  {
    name: "a known struct whose right origin cuts somebody's emoji in two",
    kind: "malformed",
    harm: "changes files",
    update: ({ halfEmoji }) =>
      forgeUpdate([{
        client: server,
        clock: 0,
        structs: [{
          rightOrigin: { client: halfEmoji.client, clock: halfEmoji.clock + 1 },
          content: one,
        }],
      }]),
  },
  {
    name: "a struct beside a collected one that cuts somebody's emoji in two",
    kind: "malformed",
    harm: "changes files",
    update: ({ halfEmoji, collected }) =>
      bySender({ origin: halfEmoji, rightOrigin: collected, content: one }),
  },
];

testAttacks([...leftPending, ...withLyingReferences]);
