/**
 * Updates for a meeting's document as its members might send them, by seed: what a Yjs client sends, what a page with
 * other code could make Yjs send, bytes that changed on the way, and forgeries.
 */
import * as Y from "yjs";
import {
  filesOf,
  type RootName,
  runsOf,
  whiteboardOf,
} from "../../../rooms/contract/document/schema.ts";
import {
  type ForgedBlock,
  type ForgedContent,
  type ForgedDelete,
  type ForgedId,
  type ForgedItem,
  type ForgedStruct,
  forgeUpdate,
} from "./forge.ts";
import { ALL_ROOTS, CLIENTS, newReplica } from "./meeting.ts";
import type { Random } from "./random.ts";
import { writeOddly } from "./shapes.ts";

export class UpdateSource {
  /** Nothing is written to `doc`; the sender may write the roots `mayWrite`. */
  constructor(
    private readonly random: Random,
    private readonly doc: Y.Doc,
    private readonly mayWrite: readonly RootName[],
  ) {}

  /** The next one, and whether no Yjs client would send it. */
  next(): [update: Uint8Array, forged: boolean] {
    const choice = this.random.next();
    if (choice < 0.15) return [this.honest(), false];
    if (choice < 0.3) return [this.mutate(this.honest()), true];
    if (choice < 0.5) return [this.odd(), true];
    const forged = this.forge();
    return [this.random.chance(0.1) ? this.mutate(forged) : forged, true];
  }

  /** What a Yjs client would send whose page writes anything anywhere. */
  private odd(): Uint8Array {
    const { random } = this;
    return this.edited((replica) => {
      for (let edits = 1 + random.below(3); edits > 0; edits--) {
        writeOddly(replica, random, this.mayWrite);
      }
    });
  }

  /** What a Yjs client would send: edits in roots that the sender may write, then a diff or the whole state. */
  private honest(): Uint8Array {
    const { random } = this;
    return this.edited((replica) => {
      for (let edits = 1 + random.below(3); edits > 0; edits--) {
        this.edit(replica, random.pick(this.mayWrite));
      }
    });
  }

  private edited(edit: (replica: Y.Doc) => void): Uint8Array {
    const replica = newReplica(1);
    Y.applyUpdate(replica, Y.encodeStateAsUpdate(this.doc));
    replica.clientID = CLIENTS.sender;
    replica.transact(() => edit(replica));
    const since = this.random.chance(0.8) ? Y.encodeStateVector(this.doc) : undefined;
    const update = Y.encodeStateAsUpdate(replica, since);
    replica.destroy();
    return update;
  }

  private edit(replica: Y.Doc, root: RootName): void {
    const { random } = this;
    if (root === "whiteboard") {
      const board = whiteboardOf(replica);
      const key = `shape:${random.below(4)}`;
      const record = board.get(key);
      if (!(record instanceof Y.Map)) board.set(key, new Y.Map([["x", random.below(9)]]));
      else if (random.chance(0.3)) board.delete(key);
      else record.set(random.pick(["x", "y"]), random.below(9));
    } else if (root === "files") {
      const file: unknown = filesOf(replica).get("f1");
      const text = file instanceof Y.Map ? file.get("text") : undefined;
      if (!(text instanceof Y.Text)) {
        filesOf(replica).set("f1", new Y.Map([["text", new Y.Text("a")]]));
      } else if (text.length > 3 && random.chance(0.4)) {
        text.delete(random.below(text.length - 1), 1);
      } else text.insert(random.below(text.length + 1), random.pick(["x", "ab", "é", "\n"]));
    } else {
      const runs = runsOf(replica);
      if (runs.length > 2) runs.delete(0);
      else runs.push([new Y.Map<unknown>([["id", "r"], ["output", new Y.Text("1")]])]);
    }
  }

  private mutate(update: Uint8Array): Uint8Array {
    const { random } = this;
    let bytes = update.slice();
    for (let times = 1 + random.below(3); times > 0; times--) {
      const at = random.below(bytes.length);
      switch (random.below(5)) {
        case 0:
          bytes[at] = random.below(256);
          break;
        case 1:
          bytes[at] = bytes[at]! ^ (1 << random.below(8));
          break;
        case 2:
          bytes = bytes.slice(0, at + 1);
          break;
        case 3:
          bytes = Uint8Array.of(...bytes.subarray(0, at), random.below(256), ...bytes.subarray(at));
          break;
        default:
          bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1));
      }
      if (bytes.length === 0) bytes = new Uint8Array([0]);
    }
    return bytes;
  }

  /** Well-formed bytes with references, parents and clocks that are mostly possible and sometimes not. */
  private forge(): Uint8Array {
    const { random } = this;
    const clients: number[] = [CLIENTS.sender];
    if (random.chance(0.4)) clients.push(CLIENTS.earlier);
    if (random.chance(0.05)) clients.push(random.pick([CLIENTS.server, CLIENTS.peer, 1, 0]));
    if (random.chance(0.03)) clients.push(CLIENTS.sender);
    const blocks: ForgedBlock[] = [];
    const upcoming: ForgedId[] = [];
    for (const client of clients) {
      let clock = Y.getState(this.doc.store, client);
      if (random.chance(0.15)) clock = Math.max(0, clock + random.below(9) - 5);
      const structs: ForgedStruct[] = [];
      let end = clock;
      for (let count = 1 + random.below(4); count > 0; count--) {
        const struct = this.forgeStruct(upcoming, { client, clock: end });
        structs.push(struct);
        const length = lengthOf(struct);
        if (length > 0) upcoming.push({ client, clock: end + random.below(length) });
        end += length;
      }
      blocks.push({ client, clock, structs });
    }
    if (random.chance(0.3)) blocks.reverse();
    return forgeUpdate(random.chance(0.1) ? [] : blocks, this.forgeDeletes(blocks));
  }

  private forgeStruct(upcoming: readonly ForgedId[], own: ForgedId): ForgedStruct {
    const { random } = this;
    if (random.chance(0.05)) return { gc: 1 + random.below(3) };
    if (random.chance(0.01)) return { skip: 1 + random.below(3) };
    const reference = (): ForgedId => {
      if (upcoming.length > 0 && random.chance(0.35)) return random.pick(upcoming);
      if (random.chance(0.03)) return { client: own.client, clock: own.clock + random.below(3) };
      return this.storedId();
    };
    const item: ForgedItem = { content: this.forgeContent() };
    if (random.chance(0.4)) item.origin = reference();
    if (random.chance(0.3)) item.rightOrigin = reference();
    if (random.chance(0.5)) item.parent = reference();
    else {
      item.parent = random.chance(0.9) ? random.pick(this.mayWrite) : random.pick(ALL_ROOTS);
      if (random.chance(0.01)) item.parent = "other";
    }
    if (random.chance(0.6)) {
      item.key = random.pick(["x", "text", "shape:1", "shape:9", "f1", "props", "segments"]);
    }
    return item;
  }

  private forgeContent(): ForgedContent {
    const { random } = this;
    switch (random.below(20)) {
      case 0:
        return { kind: "deleted", length: 1 + random.below(3) };
      case 1:
        return { kind: "bytes", bytes: new Uint8Array(random.below(4)) };
      case 2:
      case 3:
      case 4:
      case 5:
        return { kind: "text", text: random.pick(["a", "hello", "😀", "é😀b"]) };
      case 6:
      case 7:
      case 8:
        return { kind: "type", ref: random.below(3) };
      case 9:
        return random.pick<ForgedContent>([
          { kind: "type", ref: 3 + random.below(6) },
          { kind: "json", values: ["1"] },
          { kind: "embed", json: "{}" },
          { kind: "format", key: "bold", json: "true" },
          { kind: "document", guid: "g", options: {} },
        ]);
      default: {
        const values = [random.pick<unknown>([1, "v", null, true, { a: [1] }, 1.5])];
        while (random.chance(0.15)) values.push(random.below(5));
        return { kind: "values", values };
      }
    }
  }

  private forgeDeletes(blocks: readonly ForgedBlock[]): ForgedDelete[] {
    const { random } = this;
    const deletes: ForgedDelete[] = [];
    const clients = new Set(blocks.map(({ client }) => client));
    for (const client of this.doc.store.clients.keys()) clients.add(client);
    for (const client of clients) {
      if (!random.chance(0.2)) continue;
      const end = Y.getState(this.doc.store, client) + random.below(4);
      const ranges: [number, number][] = [];
      let clock = random.below(end + 1);
      while (ranges.length < 3 && clock < end) {
        const length = 1 + random.below(3);
        ranges.push([clock, length]);
        clock += length + random.below(4);
      }
      deletes.push({ client, ranges });
    }
    return deletes;
  }

  /** An id that the document holds; more often than not at an end of a struct in a root within reach. */
  private storedId(): ForgedId {
    const { random } = this;
    const clients = [...this.doc.store.clients.entries()];
    const [client, structs] = random.chance(0.15)
      ? random.pick(clients)
      : random.pick(clients.filter(([id]) => id !== CLIENTS.server));
    const struct = random.pick(structs);
    const offset = random.chance(0.5) ? struct.length - 1 : random.below(struct.length);
    return { client, clock: struct.id.clock + offset };
  }
}

function lengthOf(struct: ForgedStruct): number {
  if ("gc" in struct) return struct.gc;
  if ("skip" in struct) return struct.skip;
  const { content } = struct;
  if (content.kind === "deleted") return content.length;
  if (content.kind === "text") return content.text.length;
  return content.kind === "values" || content.kind === "json" ? content.values.length : 1;
}
