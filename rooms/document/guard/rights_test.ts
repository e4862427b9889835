import {
  type Attack,
  bySender,
  chunk,
  deleting,
  map,
  one,
  testAttacks,
} from "../../../tests/fuzz/guard/attack.ts";
import { forgeUpdate } from "../../../tests/fuzz/guard/forge.ts";
import { CLIENTS } from "../../../tests/fuzz/guard/meeting.ts";

const { server, peer, earlier, sender } = CLIENTS;

const onRoots: Attack[] = [
  {
    name: "a chat message by its parent",
    kind: "forbidden",
    harm: "changes chat",
    update: () => bySender({ parent: "chat", content: one }),
  },
  {
    name: "a chat message by its origin",
    kind: "forbidden",
    harm: "changes chat",
    update: ({ message }) => bySender({ origin: message, content: one }),
  },
  {
    name: "a chat message by its right origin",
    kind: "forbidden",
    harm: "changes chat",
    update: ({ message }) => bySender({ rightOrigin: message, content: one }),
  },
  {
    name: "a meeting's field by parent and key",
    kind: "forbidden",
    harm: "changes meeting",
    update: () => bySender({ parent: "meeting", key: "locked", content: one }),
  },
  {
    name: "a participant's field by the nested map's id",
    kind: "forbidden",
    harm: "changes participants",
    update: ({ ada }) => bySender({ parent: ada, key: "role", content: one }),
  },
  {
    name: "a participant's field by the entry that it overwrites",
    kind: "forbidden",
    harm: "changes participants",
    update: ({ adaAudio }) => bySender({ origin: adaAudio, content: one }),
  },
  {
    name: "an entry that overwrites and deletes at once",
    kind: "forbidden",
    harm: "changes participants",
    update: ({ adaAudio }) =>
      bySender({ origin: adaAudio, content: { kind: "deleted", length: 1 } }),
  },
  {
    name: "a list item in a server's map, which no key shows",
    kind: "forbidden",
    harm: "changes meeting",
    update: () => bySender({ parent: "meeting", content: one }),
  },
  {
    name: "a type put into the chat and filled",
    kind: "forbidden",
    harm: "changes chat",
    update: () =>
      bySender(
        { parent: "chat", content: map },
        { parent: { client: sender, clock: 0 }, key: "text", content: one },
      ),
  },
  {
    name: "a chain in the update that ends in the chat",
    kind: "forbidden",
    harm: "changes chat",
    update: ({ message }) =>
      bySender(
        { origin: message, content: one },
        { origin: { client: sender, clock: 0 }, content: one },
      ),
  },
  {
    name: "a chain across two of the sender's ids that ends in the chat",
    kind: "forbidden",
    harm: "changes chat",
    update: ({ message }) =>
      forgeUpdate([
        {
          client: sender,
          clock: 0,
          structs: [{ origin: { client: earlier, clock: 0 }, content: one }],
        },
        { client: earlier, clock: 0, structs: [{ origin: message, content: one }] },
      ]),
  },
  {
    name: "an honest stroke with a chat message behind it",
    kind: "forbidden",
    harm: "changes chat",
    update: () =>
      bySender(
        { parent: "whiteboard", key: "shape:3", content: map },
        { parent: "chat", content: one },
      ),
  },
  {
    name: "an item between the whiteboard and the chat",
    kind: "malformed",
    harm: "changes whiteboard",
    update: ({ segments, message }) =>
      bySender(
        { parent: segments, content: chunk },
        { origin: { client: sender, clock: 0 }, rightOrigin: message, content: chunk },
      ),
  },
  {
    name: "a file without the right to edit",
    kind: "forbidden",
    harm: "changes files",
    update: () => bySender({ parent: "files", key: "f2", content: map }),
  },
  {
    name: "text in a file without the right to edit",
    kind: "forbidden",
    harm: "changes files",
    update: ({ codeStart }) =>
      bySender({ rightOrigin: codeStart, content: { kind: "text", text: "rm" } }),
  },
  {
    name: "a root that isn't in the schema",
    kind: "forbidden",
    harm: "makes root evil",
    update: () => bySender({ parent: "evil", key: "k", content: one }),
  },
  {
    name: "a root named after a property of every object",
    kind: "forbidden",
    harm: "makes root toString",
    update: () => bySender({ parent: "toString", key: "k", content: one }),
  },
  {
    name: "a root named by a struct that is known already",
    kind: "forbidden",
    harm: "makes root evil",
    update: () =>
      forgeUpdate([{
        client: peer,
        clock: 0,
        structs: [{ parent: "evil", key: "k", content: one }],
      }]),
  },
];

const byDeletion: Attack[] = [
  {
    name: "the deletion of a chat message",
    kind: "forbidden",
    harm: "changes chat",
    update: ({ message }) => deleting(message),
  },
  {
    name: "the deletion of a participant's field",
    kind: "forbidden",
    harm: "changes participants",
    update: ({ adaAudio }) => deleting(adaAudio),
  },
  {
    name: "the deletion of everything by the server",
    kind: "forbidden",
    harm: "changes meeting",
    update: ({ next }) => deleting({ client: server, clock: 0 }, next(server).clock),
  },
  {
    name: "the deletion of somebody's file without the right to edit",
    kind: "forbidden",
    harm: "changes files",
    update: ({ code }) => deleting(code),
  },
  {
    name: "an honest stroke with the deletion of a chat message",
    kind: "forbidden",
    harm: "changes chat",
    update: ({ message }) =>
      forgeUpdate(
        [{
          client: sender,
          clock: 0,
          structs: [{ parent: "whiteboard", key: "shape:3", content: map }],
        }],
        [{ client: message.client, ranges: [[message.clock, 1]] }],
      ),
  },
  {
    name: "the deletion of what the server will write next",
    kind: "missing-dependency",
    harm: "pending",
    update: ({ next }) => deleting(next(server)),
  },
  {
    name: "a deletion that reaches beyond what is known",
    kind: "missing-dependency",
    harm: "pending",
    update: ({ next }) => deleting({ client: peer, clock: next(peer).clock - 1 }, 2),
  },
  {
    name: "the deletion of the sender's own future",
    kind: "missing-dependency",
    harm: "pending",
    update: () => deleting({ client: sender, clock: 0 }),
  },
  {
    name: "the deletion of an unknown client's structs",
    kind: "missing-dependency",
    harm: "pending",
    update: () => deleting({ client: 12345, clock: 7 }),
  },
  {
    name: "delete ranges out of order",
    kind: "malformed",
    harm: "changes whiteboard",
    update: ({ shapeX, shape }) =>
      forgeUpdate([], [{ client: peer, ranges: [[shapeX.clock, 1], [shape.clock, 1]] }]),
  },
  {
    name: "delete ranges that overlap",
    kind: "malformed",
    harm: "changes whiteboard",
    update: ({ shape }) =>
      forgeUpdate([], [{ client: peer, ranges: [[shape.clock, 2], [shape.clock + 1, 1]] }]),
  },
  {
    name: "an empty delete range",
    kind: "malformed",
    harm: "nothing to see",
    update: ({ collected }) => forgeUpdate([], [{ client: peer, ranges: [[collected.clock, 0]] }]),
  },
  {
    name: "two delete lists for one client",
    kind: "malformed",
    harm: "changes whiteboard",
    update: ({ shape, shapeX }) =>
      forgeUpdate([], [
        { client: peer, ranges: [[shapeX.clock, 1]] },
        { client: peer, ranges: [[shape.clock, 1]] },
      ]),
  },
];

const underForeignIds: Attack[] = [
  ...[server, peer, 12345, 0].map((client): Attack => ({
    name: `an item under the id ${client}`,
    kind: "foreign-client",
    harm: `writes as ${client}`,
    update: ({ next }) =>
      forgeUpdate([{
        ...next(client),
        structs: [{ parent: "whiteboard", key: "shape:3", content: map }],
      }]),
  })),
  {
    name: "numbers of the server's burnt by a GC",
    kind: "foreign-client",
    harm: `writes as ${server}`,
    update: ({ next }) => forgeUpdate([{ ...next(server), structs: [{ gc: 1000 }] }]),
  },
  {
    name: "an own item with a foreign one behind it",
    kind: "foreign-client",
    harm: `writes as ${peer}`,
    update: ({ next }) =>
      forgeUpdate([
        { client: sender, clock: 0, structs: [{ parent: "whiteboard", key: "s", content: map }] },
        { ...next(peer), structs: [{ parent: "whiteboard", key: "t", content: map }] },
      ]),
  },
  {
    name: "a foreign item that begins among known ones",
    kind: "foreign-client",
    harm: `writes as ${peer}`,
    update: ({ next }) =>
      forgeUpdate([{
        client: peer,
        clock: next(peer).clock - 1,
        structs: [{ gc: 3 }],
      }]),
  },
];

testAttacks([...onRoots, ...byDeletion, ...underForeignIds]);
