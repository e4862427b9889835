/**
 * A small meeting for trying the guard on: the server, one honest peer and one sender under suspicion.
 *
 * Every client id is fixed and nothing is random, so a seed repeats a whole episode.
 */
import * as Y from "yjs";
import type { GuardRights } from "../../../rooms/document/guard/guard.ts";
import {
  chatOf,
  filesOf,
  meetingOf,
  openRoots,
  participantsOf,
  type RootName,
  runsOf,
  whiteboardOf,
} from "../../../rooms/contract/document/schema.ts";

/** The client ids in play. The sender owns one below and one above everybody else's. */
export const CLIENTS = { server: 500, peer: 700, earlier: 300, sender: 900 } as const;

export const ALL_ROOTS: readonly RootName[] = [
  "meeting",
  "participants",
  "chat",
  "whiteboard",
  "files",
  "runs",
];

export function rightsFor(roots: readonly RootName[]): GuardRights {
  return {
    mayWrite: (root) => roots.includes(root),
    ownsClient: (id) => id === CLIENTS.sender || id === CLIENTS.earlier,
  };
}

export function newReplica(clientId: number): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  openRoots(doc);
  return doc;
}

/** A document with something in each root, by the server and by a peer, tombstones and an emoji included. */
export function openMeeting(): Y.Doc {
  const doc = newReplica(CLIENTS.server);
  doc.transact(() => {
    meetingOf(doc).set("title", "Algebra");
    meetingOf(doc).set("locked", false);
    const ada = new Y.Map<unknown>();
    ada.set("name", "Ada");
    ada.set("audio", { producerId: null, on: true, stoppedByHost: false });
    participantsOf(doc).set("ada", ada);
    chatOf(doc).push([new Y.Map<unknown>([["id", "m1"], ["text", "Hello"]])]);
    chatOf(doc).push([new Y.Map<unknown>([["id", "m2"], ["text", "Gone"]])]);
    chatOf(doc).delete(1);
    meetingOf(doc).set("title", "Algebra II");
  });

  const peer = newReplica(CLIENTS.peer);
  Y.applyUpdate(peer, Y.encodeStateAsUpdate(doc));
  const stroke = new Y.Map<unknown>();
  stroke.set("x", 1);
  const chunks = Y.Array.from([new Uint8Array([1, 2]), new Uint8Array([3])]);
  stroke.set("props", new Y.Map<unknown>([["segments", chunks]]));
  whiteboardOf(peer).set("shape:1", stroke);
  const gone = new Y.Map<unknown>([["x", 2]]);
  whiteboardOf(peer).set("shape:2", gone);
  whiteboardOf(peer).delete("shape:2");
  const file = new Y.Map<unknown>();
  file.set("name", "main.py");
  file.set("text", new Y.Text("print('😀 hello')"));
  filesOf(peer).set("f1", file);
  (file.get("text") as Y.Text).delete(0, 2);
  const run = new Y.Map<unknown>();
  run.set("id", "r1");
  run.set("output", new Y.Text("42\n"));
  runsOf(peer).push([run]);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(peer, Y.encodeStateVector(doc)));
  peer.destroy();
  return doc;
}

/** The visible content of each root, with map keys in order. */
export function contentOf(doc: Y.Doc): Record<RootName, string> {
  const content = {} as Record<RootName, string>;
  for (const root of ALL_ROOTS) {
    const type = doc.share.get(root);
    content[root] = type === undefined ? "" : JSON.stringify(sorted(type.toJSON()));
  }
  return content;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value instanceof Uint8Array || value === null || typeof value !== "object") return value;
  return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([k, v]) => [k, sorted(v)]);
}
