import { expect } from "@std/expect";
import {
  ILanguageConfigurationService,
  LanguageConfigurationService,
} from "monaco-editor/editor/common/languages/languageConfigurationRegistry";
import { ILanguageService } from "monaco-editor/editor/common/languages/language";
import { TextModel } from "monaco-editor/editor/common/model/textModel";
import { LanguageService } from "monaco-editor/editor/common/services/languageService";
import { ITreeSitterLibraryService } from "monaco-editor/editor/common/services/treeSitter/treeSitterLibraryService";
import { InstantiationService } from "monaco-editor/platform/instantiation/common/instantiationService";
import { ServiceCollection } from "monaco-editor/platform/instantiation/common/serviceCollection";
import { UndoRedoService } from "monaco-editor/platform/undoRedo/common/undoRedoService";
import type { editor } from "monaco-editor/editor/editor.api";
import * as Y from "yjs";
import { moveSelection, TextBinding } from "./text_binding.ts";

const languages = new LanguageService();
const configurations = new LanguageConfigurationService(
  { onDidChangeConfiguration: () => ({ dispose() {} }), getValue: () => undefined },
  languages,
);
const services = new InstantiationService(
  new ServiceCollection(
    [ILanguageService, languages],
    [ILanguageConfigurationService, configurations],
    [ITreeSitterLibraryService, { supportsLanguage: () => false }],
  ),
);

/** The editor's own model, without an editor. */
function makeModel(text: string): editor.ITextModel {
  return new TextModel(
    text,
    "plaintext",
    TextModel.DEFAULT_CREATION_OPTIONS,
    null,
    new UndoRedoService({}, {}),
    languages,
    configurations,
    services,
  ) as editor.ITextModel;
}

function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

interface Side {
  doc: Y.Doc;
  text: Y.Text;
  model: editor.ITextModel;
  binding: TextBinding;
  undo: Y.UndoManager;
  /** What the other side has not been sent. */
  waiting: Uint8Array[];
}

function makeSide(start: Uint8Array): Side {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, start);
  const text = doc.getText("file");
  const model = makeModel(text.toString());
  const binding = new TextBinding(text, model);
  const undo = new Y.UndoManager(text, { trackedOrigins: new Set([binding]), captureTimeout: 0 });
  const side: Side = { doc, text, model, binding, undo, waiting: [] };
  doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== "other") side.waiting.push(update);
  });
  return side;
}

const PARTS = ["a", "xyz", "\n", "\n  ", "{}", "🙂", "é", "", "long words here", "\r\n"];

/** Types in one to three places at once, as several cursors do. */
function editModel({ model }: Side, random: (below: number) => number): void {
  const edits: editor.IIdentifiedSingleEditOperation[] = [];
  let from = 0;
  for (let count = 1 + random(3); count > 0 && from <= model.getValueLength(); count--) {
    const start = from + random(Math.min(12, model.getValueLength() - from) + 1);
    const end = Math.min(model.getValueLength(), start + (random(2) === 0 ? 0 : random(6)));
    const [a, b] = [model.getPositionAt(start), model.getPositionAt(end)];
    edits.push({
      range: {
        startLineNumber: a.lineNumber,
        startColumn: a.column,
        endLineNumber: b.lineNumber,
        endColumn: b.column,
      },
      text: PARTS[random(PARTS.length)]!,
    });
    from = end + 3;
  }
  model.pushEditOperations(null, edits, () => null);
}

Deno.test("two editors that type, undo and hear of each other late end with the same text as the document", () => {
  for (let round = 0; round < 150; round++) {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
    const random = seeded(seed);
    const origin = new Y.Doc();
    origin.getText("file").insert(0, "first\nsecond 🙂\n\nlast");
    const start = Y.encodeStateAsUpdate(origin);
    const sides = [makeSide(start), makeSide(start)] as const;
    const deliver = (to: number) => {
      for (const update of sides[1 - to]!.waiting.splice(0)) {
        Y.applyUpdate(sides[to]!.doc, update, "other");
      }
    };
    for (let step = 0; step < 60; step++) {
      const side = sides[random(2)]!;
      const what = random(10);
      if (what < 5) editModel(side, random);
      else if (what === 5) side.undo.undo();
      else if (what === 6) side.undo.redo();
      // Its own undo is one more kind of change.
      else if (what === 7) side.model.undo();
      else deliver(random(2));
      for (const { text, model } of sides) {
        expect([seed, step, model.getValue()]).toEqual([seed, step, text.toString()]);
      }
    }
    deliver(0);
    deliver(1);
    const [one, two] = sides;
    expect([seed, one.model.getValue()]).toEqual([seed, two.model.getValue()]);
    expect([seed, one.model.getValue()]).toEqual([seed, one.text.toString()]);
    for (const { undo, binding, model, doc } of sides) {
      undo.destroy();
      binding.dispose();
      model.dispose();
      doc.destroy();
    }
    origin.destroy();
  }
});

Deno.test("carriage returns that another program wrote are shown as lines, and edits beside them land where they were typed", () => {
  const doc = new Y.Doc();
  const text = doc.getText("file");
  text.insert(0, "one\r\ntwo");
  const model = makeModel("");
  const binding = new TextBinding(text, model);
  expect(model.getValue()).toBe("one\ntwo");
  text.insert(0, "zero\r\n");
  expect(model.getValue()).toBe("zero\none\ntwo");
  const range = { startLineNumber: 3, startColumn: 4, endLineNumber: 3, endColumn: 4 };
  model.pushEditOperations(null, [{ range, text: "!" }], () => null);
  expect(model.getValue()).toBe("zero\none\ntwo!");
  expect(text.toString().replaceAll("\r", "")).toBe("zero\none\ntwo!");
  binding.dispose();
  model.dispose();
});

Deno.test("a cursor stays before what somebody else writes at it, and a selection does not grow", () => {
  const cursor = { anchor: 4, head: 4 };
  expect(moveSelection(cursor, [{ at: 4, removed: 0, inserted: "xy" }])).toEqual(cursor);
  expect(moveSelection(cursor, [{ at: 3, removed: 0, inserted: "xy" }]))
    .toEqual({ anchor: 6, head: 6 });
  expect(moveSelection(cursor, [{ at: 2, removed: 5, inserted: "q" }]))
    .toEqual({ anchor: 2, head: 2 });
  expect(
    moveSelection(cursor, [{ at: 0, removed: 2, inserted: "" }, {
      at: 3,
      removed: 1,
      inserted: "",
    }]),
  )
    .toEqual({ anchor: 1, head: 1 });
  const backwards = { anchor: 8, head: 4 };
  expect(moveSelection(backwards, [
    { at: 4, removed: 0, inserted: "ab" },
    { at: 8, removed: 0, inserted: "cd" },
  ])).toEqual({ anchor: 10, head: 6 });
  expect(moveSelection(backwards, [{ at: 2, removed: 9, inserted: "" }]))
    .toEqual({ anchor: 2, head: 2 });
});
