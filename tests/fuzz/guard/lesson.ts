/**
 * Honest traffic for the guard: people who draw, type, run, undo, go offline and reload, by a seed.
 *
 * The server applies what the guard accepts and relays its own update events, as a room does. Any refusal is a
 * false alarm, that is, a person thrown out for nothing.
 */
import * as Y from "yjs";
import { type GuardRights, judgeUpdate } from "../../../rooms/document/guard/guard.ts";
import { fileOf, readRuns } from "../../../rooms/contract/document/reading.ts";
import {
  chatOf,
  filesOf,
  participantsOf,
  type RootName,
  runsOf,
  whiteboardOf,
} from "../../../rooms/contract/document/schema.ts";
import { contentOf, newReplica } from "./meeting.ts";
import { keepUndoInOrder } from "../../../rooms/contract/document/undo_order.ts";
import { Random } from "./random.ts";

export interface LessonResult {
  updates: number;
  refusals: string[];
  /** People whose document differs from the server's at the end. */
  diverged: string[];
  undos: number;
  reloads: number;
}

const WRITABLE: readonly RootName[] = ["whiteboard", "files", "runs"];
const PEOPLE = ["tutor", "ada", "ben"];

export function holdLesson(seed: number, steps: number): LessonResult {
  keepUndoInOrder();
  const lesson = new Lesson(seed);
  for (let step = 0; step < steps; step++) lesson.step();
  return lesson.end();
}

/** One person's page, and what they wrote that the server hasn't got. */
interface Page {
  doc: Y.Doc;
  undo: Y.UndoManager;
  online: boolean;
  /** Updates that wait to be sent as one. */
  outbox: Uint8Array[];
}

class Person {
  readonly clientIds = new Set<number>();
  readonly rights: GuardRights = {
    mayWrite: (root) => WRITABLE.includes(root),
    ownsClient: (id) => this.clientIds.has(id),
  };
  page: Page;

  constructor(readonly name: string, readonly open: (person: Person, state?: Uint8Array) => Page) {
    this.page = open(this);
  }
}

class Lesson {
  private readonly random: Random;
  private readonly server = newReplica(1);
  private readonly people: Person[];
  private readonly result: LessonResult = {
    updates: 0,
    refusals: [],
    diverged: [],
    undos: 0,
    reloads: 0,
  };
  private nextClientId = 1000;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.people = PEOPLE.map((name) => new Person(name, this.open));
    this.server.on("update", (update: Uint8Array, origin: unknown) => {
      for (const { page } of this.people) {
        if (page.online && page !== origin) Y.applyUpdate(page.doc, update, "server");
      }
    });
    for (const { name } of this.people) {
      participantsOf(this.server).set(name, new Y.Map<unknown>([["name", name]]));
    }
  }

  step(): void {
    const { random } = this;
    if (random.chance(0.03)) this.serverWrites();
    const person = random.pick(this.people);
    const { page } = person;
    const choice = random.next();
    if (choice < 0.02) page.online = false;
    else if (choice < 0.04) this.reload(person);
    else if (choice < 0.08) this.comeBack(person);
    else if (choice < 0.18) {
      this.result.undos++;
      if (random.chance(0.6)) page.undo.undo();
      else page.undo.redo();
    } else {
      if (random.chance(0.2)) page.undo.stopCapturing();
      page.doc.transact(() => {
        for (let edits = 1 + random.below(3); edits > 0; edits--) this.edit(page.doc);
      }, "user");
    }
    if (page.online && random.chance(0.7)) this.flush(person);
  }

  end(): LessonResult {
    for (const person of this.people) {
      person.page.online = false;
      this.comeBack(person);
    }
    // A second round brings what others wrote while the first was under way.
    for (const person of this.people) this.comeBack(person);
    const expected = JSON.stringify(contentOf(this.server));
    for (const { name, page } of this.people) {
      if (JSON.stringify(contentOf(page.doc)) !== expected) this.result.diverged.push(name);
      page.undo.destroy();
      page.doc.destroy();
    }
    this.server.destroy();
    return this.result;
  }

  /** A page of the person's, from the state that the browser kept, under a client id of its own. */
  private readonly open = (person: Person, state?: Uint8Array): Page => {
    const doc = newReplica(0);
    if (state) Y.applyUpdate(doc, state, "storage");
    doc.clientID = this.nextClientId++;
    person.clientIds.add(doc.clientID);
    const undo = new Y.UndoManager([whiteboardOf(doc), filesOf(doc), runsOf(doc)], {
      trackedOrigins: new Set(["user"]),
    });
    const page: Page = { doc, undo, online: false, outbox: [] };
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== "server" && origin !== "storage") page.outbox.push(update);
    });
    return page;
  };

  private serverWrites(): void {
    const { random, server } = this;
    server.transact(() => {
      if (random.chance(0.5)) {
        chatOf(server).push([new Y.Map<unknown>([["text", `message ${random.below(100)}`]])]);
      } else {
        participantsOf(server).get(random.pick(PEOPLE))?.set("hand", random.below(9));
      }
    }, "server");
  }

  private reload(person: Person): void {
    this.result.reloads++;
    const { page } = person;
    const state = Y.encodeStateAsUpdate(page.doc);
    page.online = false;
    page.undo.destroy();
    page.doc.destroy();
    person.page = this.open(person, state);
  }

  /** y-protocols: both send what the other lacks; sometimes more, when a state vector was old. */
  private comeBack(person: Person): void {
    const { page } = person;
    const vector = Y.encodeStateVector(this.server);
    const mine = this.random.chance(0.9)
      ? Y.encodeStateAsUpdate(page.doc, vector)
      : Y.encodeStateAsUpdate(page.doc);
    page.outbox.length = 0;
    this.receive(person, mine);
    const theirs = Y.encodeStateAsUpdate(this.server, Y.encodeStateVector(page.doc));
    Y.applyUpdate(page.doc, theirs, "server");
    page.online = true;
    this.flush(person);
  }

  private flush(person: Person): void {
    const { outbox } = person.page;
    if (outbox.length === 0) return;
    const updates = outbox.splice(0);
    if (this.random.chance(0.5)) this.receive(person, Y.mergeUpdates(updates));
    else for (const update of updates) this.receive(person, update);
  }

  private receive(person: Person, update: Uint8Array): void {
    this.result.updates++;
    const verdict = judgeUpdate(this.server, update, person.rights);
    if (!verdict.ok) {
      this.result.refusals.push(`${person.name}: ${verdict.kind}: ${verdict.reason}`);
      return;
    }
    const before = Y.encodeStateVector(this.server);
    Y.applyUpdate(this.server, update, person.page);
    if (verdict.noop && !equal(before, Y.encodeStateVector(this.server))) {
      this.result.refusals.push(`${person.name}: a no-op that was none`);
    }
  }

  private edit(doc: Y.Doc): void {
    const { random } = this;
    const choice = random.next();
    if (choice < 0.4) this.editCode(doc);
    else if (choice < 0.9) this.draw(doc);
    else this.runCode(doc);
  }

  private editCode(doc: Y.Doc): void {
    const { random } = this;
    const id = `file${random.below(2)}`;
    const file = fileOf(doc, id)?.map;
    if (file === undefined || random.chance(0.03)) {
      const content = new Y.Text("print('hi 😀')\n");
      filesOf(doc).set(id, new Y.Map<unknown>([["name", `${id}.py`], ["text", content]]));
      return;
    }
    if (random.chance(0.03)) return filesOf(doc).delete(id);
    if (random.chance(0.1)) {
      file.set("name", `${random.below(9)}.py`);
      return;
    }
    const code = file.get("text");
    if (!(code instanceof Y.Text)) return;
    const shown = code.toString();
    const at = betweenCharacters(shown, random.below(code.length + 1));
    if (random.chance(0.6)) code.insert(at, random.pick(["x", "def ", "🎉", "ü", "\n"]));
    else {
      const end = betweenCharacters(shown, Math.min(at + 1 + random.below(6), code.length));
      if (end > at) code.delete(at, end - at);
    }
  }

  private draw(doc: Y.Doc): void {
    const { random } = this;
    const board = whiteboardOf(doc);
    const id = `shape:${random.below(6)}`;
    const record = board.get(id);
    if (!(record instanceof Y.Map)) {
      const segments = Y.Array.from([new Uint8Array([1, 2, 3])]);
      const props = new Y.Map<unknown>([["color", "black"], ["segments", segments]]);
      board.set(id, new Y.Map<unknown>([["x", 1], ["y", 2], ["props", props]]));
    } else if (random.chance(0.15)) board.delete(id);
    else if (random.chance(0.5)) {
      // Several values of one property in one transaction: Yjs merges the overwritten ones.
      for (let n = 1 + random.below(4); n > 0; n--) record.set("x", random.below(999));
    } else {
      const props = record.get("props");
      if (!(props instanceof Y.Map)) return; // undo brings a record back without what others deleted in it
      const segments: unknown = props.get("segments");
      if (!(segments instanceof Y.Array) || random.chance(0.1)) {
        props.set("segments", Y.Array.from([new Uint8Array([9])]));
      } else if (random.chance(0.2) && segments.length > 0) segments.delete(0, 1);
      else segments.push([new Uint8Array([random.below(256), 1])]);
    }
  }

  private runCode(doc: Y.Doc): void {
    const { random } = this;
    const runs = runsOf(doc);
    const run = runs.length > 0 ? readRuns(doc)[random.below(runs.length)] : undefined;
    if (run === undefined || random.chance(0.3)) {
      runs.push([new Y.Map<unknown>([["id", "r"], ["exit", null], ["output", new Y.Text("")]])]);
    } else if (random.chance(0.2)) run.map.set("exit", 0);
    else run.output.insert(0, "line\n");
  }
}

/** Editors don't cut surrogate pairs in two. */
function betweenCharacters(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
