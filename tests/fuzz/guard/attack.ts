/**
 * A table of attacks on the guard: each names what it is refused as, and what Yjs would have done with it.
 *
 * The sender owns the ids `sender` and `earlier`, and may write the whiteboard only unless it is said.
 */
import { expect } from "@std/expect";
import * as Y from "yjs";
import { judgeUpdate, type RefusalKind } from "../../../rooms/document/guard/guard.ts";
import {
  chatOf,
  filesOf,
  participantsOf,
  type RootName,
  runsOf,
  whiteboardOf,
} from "../../../rooms/contract/document/schema.ts";
import { armTripwire } from "../../../rooms/document/tripwire.ts";
import { type ForgedContent, type ForgedId, type ForgedStruct, forgeUpdate } from "./forge.ts";
import { ALL_ROOTS, CLIENTS, contentOf, openMeeting, rightsFor } from "./meeting.ts";

const { peer, earlier, sender } = CLIENTS;

export const one: ForgedContent = { kind: "values", values: [1] };
/** A chunk of a stroke's points. */
export const chunk: ForgedContent = { kind: "bytes", bytes: Uint8Array.of(1, 2) };
export const map: ForgedContent = { kind: "type", ref: 1 };
export const text: ForgedContent = { kind: "type", ref: 2 };

/** An update of one block under the sender's id, from the clock that the server expects. */
export function bySender(...structs: ForgedStruct[]): Uint8Array {
  return forgeUpdate([{ client: sender, clock: 0, structs }]);
}

export function deleting(id: ForgedId, length = 1): Uint8Array {
  return forgeUpdate([], [{ client: id.client, ranges: [[id.clock, length]] }]);
}

/** Where things are in the meeting that {@linkcode openMeeting} makes. */
export function idsIn(doc: Y.Doc) {
  const ada = participantsOf(doc).get("ada")!;
  const board = whiteboardOf(doc);
  const shape = board.get("shape:1") as Y.Map<unknown>;
  const props = shape.get("props") as Y.Map<unknown>;
  const file = filesOf(doc).get("f1") as Y.Map<unknown>;
  const code = file.get("text") as Y.Text;
  let emoji = code._start!;
  while (!(emoji.content instanceof Y.ContentString)) emoji = emoji.right!;
  const at = emoji.content.str.indexOf("😀");
  return {
    message: chatOf(doc).get(0)._item!.id,
    ada: ada._item!.id,
    adaAudio: ada._map.get("audio")!.id,
    shape: shape._item!.id,
    shapeX: shape._map.get("x")!.id,
    segments: (props.get("segments") as Y.Array<unknown>)._item!.id,
    /** A record of the whiteboard that was deleted, and what it held, which is collected. */
    collected: { client: peer, clock: board._map.get("shape:2")!.id.clock + 1 },
    props: props._item!.id,
    run: (runsOf(doc).get(0) as Y.Map<unknown>)._item!.id,
    file: file._item!.id,
    code: code._item!.id,
    codeStart: emoji.id,
    /** The first half of a surrogate pair. */
    halfEmoji: { client: emoji.id.client, clock: emoji.id.clock + at },
    next: (client: number) => ({ client, clock: Y.getState(doc.store, client) }),
  };
}

export type Ids = ReturnType<typeof idsIn>;

export interface Attack {
  name: string;
  kind: RefusalKind;
  /** What applying it would have done, as {@linkcode consequenceOf} words it. */
  harm: string;
  update: (ids: Ids) => Uint8Array;
  /** What the sender may write: the whiteboard. */
  roots?: readonly RootName[];
}

/** What Yjs does with an update that nobody judges: the first thing that a room couldn't live with. */
function consequenceOf(update: Uint8Array): string {
  const doc = openMeeting();
  const tripped = new Set<RootName>();
  armTripwire(doc, (origin) => origin === "client", (root) => tripped.add(root));
  const before = contentOf(doc);
  const clocks = Y.decodeStateVector(Y.encodeStateVector(doc));
  const roots = new Set(doc.share.keys());
  try {
    Y.applyUpdate(doc, update, "client");
  } catch {
    return "throws";
  }
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) return "pending";
  for (const root of doc.share.keys()) if (!roots.has(root)) return `makes root ${root}`;
  for (const root of tripped) return `changes ${root}`;
  for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(doc))) {
    if (client !== sender && client !== earlier && clock !== (clocks.get(client) ?? 0)) {
      return `writes as ${client}`;
    }
  }
  if (doc.subdocs.size > 0) return "sub-document";
  let after: Record<RootName, string>;
  try {
    after = contentOf(doc);
  } catch {
    return "unreadable";
  }
  for (const root of ALL_ROOTS) if (after[root] !== before[root]) return `changes ${root}`;
  return "nothing to see";
}

/** One test an attack: refused as said, the document untouched, and the harm real if it were applied. */
export function testAttacks(attacks: readonly Attack[]): void {
  for (const { name, kind, harm, update, roots } of attacks) {
    Deno.test(`judgeUpdate refuses ${name}`, () => {
      const doc = openMeeting();
      const bytes = update(idsIn(doc));
      const before = { state: Y.encodeStateAsUpdate(doc), roots: [...doc.share.keys()] };
      const verdict = judgeUpdate(doc, bytes, rightsFor(roots ?? ["whiteboard"]));
      expect(verdict).toEqual({ ok: false, kind, reason: expect.any(String) });
      expect(Y.encodeStateAsUpdate(doc)).toEqual(before.state);
      expect([...doc.share.keys()]).toEqual(before.roots);
      expect(consequenceOf(bytes)).toBe(harm);
    });
  }
}
