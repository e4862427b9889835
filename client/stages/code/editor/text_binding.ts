/**
 * Holds a Monaco text model and a file's text in the document the same while both change.
 *
 * Invariants: what one side changes is applied to the other once, never back; a person's cursor stays where it is when
 * somebody else writes at that very place, so that two people who begin at one point each write whole words; all of a
 * person's cursors are kept. A text that a model can't hold as it is (carriage returns, which only other programs write)
 * is shown as Monaco reads it, and mended where it is edited.
 */
import type { editor, IDisposable, IRange } from "monaco-editor/editor/editor.api";
import * as Y from "yjs";
import { observe } from "../../../../rooms/contract/document/shielded.ts";

/** Monaco's name for `\n`, whose module is only there in browsers. */
const LF = 0;

/** What is used of a model. */
export type BoundModel = Pick<
  editor.ITextModel,
  | "applyEdits"
  | "getOffsetAt"
  | "getPositionAt"
  | "getValue"
  | "getValueLength"
  | "onDidChangeContent"
  | "setEOL"
  | "setValue"
>;

/** An offset before and after, of a cursor or of an edge of a selection. */
export interface SelectionOffsets {
  anchor: number;
  head: number;
}

/** What shows the model: its selections as offsets, to be kept through changes of others. */
export interface BoundView {
  /** Null while it shows another model. */
  read(): SelectionOffsets[] | null;
  write(selections: readonly SelectionOffsets[]): void;
}

/** A part of a text that is replaced, by its place before any part is. */
interface Splice {
  at: number;
  removed: number;
  inserted: string;
}

export class TextBinding {
  readonly #doc: Y.Doc;
  readonly #listening: IDisposable;
  readonly #stopWatching: () => void;
  #applying = false;
  #inStep = true;

  constructor(
    private readonly text: Y.Text,
    private readonly model: BoundModel,
    private readonly view: BoundView | null = null,
  ) {
    if (text.doc === null) throw new Error("A text outside a document can't be bound");
    this.#doc = text.doc;
    model.setEOL(LF);
    if (model.getValue() !== text.toString()) this.#showWhole();
    this.#noteStep();
    this.#listening = model.onDidChangeContent(({ changes }) => {
      if (!this.#applying) this.#takeOwn(changes);
    });
    this.#stopWatching = observe(text, this.#onText);
  }

  dispose(): void {
    this.#listening.dispose();
    this.#stopWatching();
  }

  /** Each change is told by its place after those before it. */
  #takeOwn(changes: readonly editor.IModelContentChange[]): void {
    this.#doc.transact(() => {
      if (!this.#inStep) return this.#mendText();
      for (const { rangeOffset, rangeLength, text } of changes) {
        if (rangeLength > 0) this.text.delete(rangeOffset, rangeLength);
        if (text !== "") this.text.insert(rangeOffset, text);
      }
    }, this);
    this.#noteStep();
  }

  /** Where offsets don't agree, what differs is replaced. */
  #mendText(): void {
    const [before, after] = [this.text.toString(), this.model.getValue()];
    const { at, removed, inserted } = difference(before, after);
    this.text.delete(at, removed);
    this.text.insert(at, inserted);
  }

  readonly #onText = ({ delta }: Y.YTextEvent, { origin }: Y.Transaction): void => {
    if (origin === this) return;
    const splices = splicesOf(delta);
    const before = this.view?.read() ?? null;
    this.#applying = true;
    try {
      if (this.#inStep) this.#splice(splices);
      this.#noteStep();
      if (!this.#inStep) this.#showWhole();
    } finally {
      this.#applying = false;
    }
    if (before === null) return;
    const wanted = origin instanceof Y.UndoManager
      ? endOf(splices)
      : before.map((selection) => moveSelection(selection, splices));
    const now = this.view?.read() ?? null;
    const moved = now === null || now.length !== wanted.length ||
      now.some(({ anchor, head }, index) =>
        anchor !== wanted[index]?.anchor || head !== wanted[index].head
      );
    // What Monaco kept itself is left alone: setting a selection would end a composition.
    if (moved) this.view?.write(wanted);
  };

  #showWhole(): void {
    this.model.setValue(this.text.toString().replace(/\r\n?/g, "\n"));
    // A text without lines would bring the device's line ends back.
    this.model.setEOL(LF);
    this.#noteStep();
  }

  #splice(splices: readonly Splice[]): void {
    const rangeOf = (from: number, to: number): IRange => {
      const [start, end] = [this.model.getPositionAt(from), this.model.getPositionAt(to)];
      return {
        startLineNumber: start.lineNumber,
        startColumn: start.column,
        endLineNumber: end.lineNumber,
        endColumn: end.column,
      };
    };
    this.model.applyEdits(splices.map(({ at, removed, inserted }) => ({
      range: rangeOf(at, at + removed),
      text: inserted,
    })));
  }

  #noteStep(): void {
    this.#inStep = this.text.length === this.model.getValueLength();
  }
}

/** A change of the document as parts of the text before it. */
export function splicesOf(delta: Y.YTextEvent["delta"]): Splice[] {
  const splices: Splice[] = [];
  let at = 0;
  let open: Splice | null = null;
  for (const { retain, insert, delete: removed } of delta) {
    if (retain !== undefined) {
      at += retain;
      open = null;
      continue;
    }
    if (open === null) splices.push(open = { at, removed: 0, inserted: "" });
    open.removed += removed ?? 0;
    at += removed ?? 0;
    // A thing that isn't text has no place in a file.
    if (insert !== undefined) open.inserted += typeof insert === "string" ? insert : "\ufffd";
  }
  return splices;
}

/** Where one's own undo or redo leaves the cursor. */
function endOf(splices: readonly Splice[]): SelectionOffsets[] {
  const grown = splices.reduce((sum, { inserted, removed }) => sum + inserted.length - removed, 0);
  const last = splices.at(-1);
  const place = last === undefined ? 0 : last.at + last.removed + grown;
  return [{ anchor: place, head: place }];
}

/** Where a selection is after a change of somebody else: cursors stay before what is written at them, edges outside. */
export function moveSelection(
  { anchor, head }: SelectionOffsets,
  splices: readonly Splice[],
): SelectionOffsets {
  if (anchor === head) {
    const place = moveOffset(head, splices, false);
    return { anchor: place, head: place };
  }
  const start = moveOffset(Math.min(anchor, head), splices, true);
  const end = Math.max(start, moveOffset(Math.max(anchor, head), splices, false));
  return anchor < head ? { anchor: start, head: end } : { anchor: end, head: start };
}

function moveOffset(offset: number, splices: readonly Splice[], afterInserted: boolean): number {
  let moved = offset;
  for (const { at, removed, inserted } of splices) {
    if (at > offset || (at === offset && !afterInserted)) break;
    if (at + removed <= offset) moved += inserted.length - removed;
    else return moved - (offset - at) + (afterInserted ? inserted.length : 0);
  }
  return moved;
}

/** The one part in which two texts differ. */
export function difference(before: string, after: string): Splice {
  const shorter = Math.min(before.length, after.length);
  let at = 0;
  while (at < shorter && before[at] === after[at]) at++;
  let same = 0;
  while (same < shorter - at && before.at(-1 - same) === after.at(-1 - same)) same++;
  return {
    at,
    removed: before.length - same - at,
    inserted: after.slice(at, after.length - same),
  };
}
