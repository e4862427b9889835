import { expect } from "@std/expect";
import * as Y from "yjs";
import {
  chatOf,
  openRoots,
  participantsOf,
  type RootName,
  whiteboardOf,
} from "../contract/document/schema.ts";
import { armTripwire } from "./tripwire.ts";

interface Room {
  doc: Y.Doc;
  tripped: RootName[];
  disarm: () => void;
  /** Applies what an unguarded client did, with the client as origin. */
  fromClient: (edit: (doc: Y.Doc) => void) => void;
}

function armedRoom(): Room {
  const doc = new Y.Doc();
  openRoots(doc);
  participantsOf(doc).set("ada", new Y.Map<unknown>([["name", "Ada"]]));
  chatOf(doc).push([new Y.Map<unknown>([["text", "Hello"]])]);
  const tripped: RootName[] = [];
  const client = {};
  const disarm = armTripwire(doc, (origin) => origin === client, (root) => tripped.push(root));
  const fromClient = (edit: (doc: Y.Doc) => void) => {
    const replica = new Y.Doc();
    Y.applyUpdate(replica, Y.encodeStateAsUpdate(doc));
    openRoots(replica);
    edit(replica);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(replica, Y.encodeStateVector(doc)), client);
  };
  return { doc, tripped, disarm, fromClient };
}

Deno.test("the tripwire trips when a client's update changes a server's root, at any depth", () => {
  const { tripped, fromClient } = armedRoom();
  fromClient((doc) => participantsOf(doc).get("ada")!.set("role", "tutor"));
  expect(tripped).toEqual(["participants"]);
  fromClient((doc) => chatOf(doc).delete(0));
  expect(tripped).toEqual(["participants", "chat"]);
  fromClient((doc) => doc.getMap("meeting").set("locked", true));
  expect(tripped).toEqual(["participants", "chat", "meeting"]);
});

Deno.test("the tripwire trips once for each root that one update changes", () => {
  const { tripped, fromClient } = armedRoom();
  fromClient((doc) => {
    chatOf(doc).delete(0);
    participantsOf(doc).delete("ada");
    whiteboardOf(doc).set("shape:1", new Y.Map());
  });
  expect(tripped.sort()).toEqual(["chat", "participants"]);
});

Deno.test("the tripwire lets the server write its roots and clients write theirs", () => {
  const { doc, tripped, fromClient } = armedRoom();
  fromClient((replica) => whiteboardOf(replica).set("shape:1", new Y.Map([["x", 1]])));
  chatOf(doc).push([new Y.Map<unknown>([["text", "Welcome"]])]);
  doc.transact(() => participantsOf(doc).delete("ada"), "server");
  expect(tripped).toEqual([]);
});

Deno.test("a disarmed tripwire is silent", () => {
  const { tripped, disarm, fromClient } = armedRoom();
  disarm();
  fromClient((doc) => chatOf(doc).delete(0));
  expect(tripped).toEqual([]);
});
