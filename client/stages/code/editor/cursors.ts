/**
 * Where everyone is in the files: this person's place goes out by awareness under `code`, others' places are drawn.
 *
 * Names stand in content widgets, which Monaco moves to where there is room, so that they are never cut. What comes from
 * others is checked: a place that isn't in this text is left out.
 */
import type { editor } from "monaco-editor/editor/editor.api";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import { hueOf } from "../../../design/initials.ts";
import type { LiveRoom } from "../../../connection/live_room.ts";
import { indexIn, positionIn, PRESENCE_KEY } from "../document/place.ts";
import type { Monaco } from "./monaco.ts";

const NAME_MS = 4000;

/**
 * What a page tells of its person's place, with each key that is pressed: positions are encoded Yjs relative positions in
 * base64, and an anchor that is where the head is, is left out.
 */
export interface CodePresence {
  by: string;
  fileId: string;
  head: string;
  anchor?: string;
}

/** Somebody else's place, by participant. */
export interface Place {
  by: string;
  clientId: number;
  fileId: string;
  anchor: unknown;
  head: unknown;
}

/** Where the others are, one place a person. */
export function readPlaces(awareness: Awareness, me: string): Place[] {
  const places = new Map<string, Place>();
  for (const [clientId, state] of awareness.getStates()) {
    const presence = (state as Record<string, unknown>)[PRESENCE_KEY];
    if (clientId === awareness.clientID || typeof presence !== "object" || presence === null) {
      continue;
    }
    const { by, fileId, anchor, head } = presence as Record<string, unknown>;
    if (typeof by !== "string" || typeof fileId !== "string" || by === me) continue;
    places.set(by, { by, clientId, fileId, anchor, head });
  }
  return [...places.values()];
}

interface Drawn {
  widget: editor.IContentWidget;
  node: HTMLElement;
  place: string;
  hide: ReturnType<typeof setTimeout> | undefined;
}

export class Cursors {
  readonly #decorations: editor.IEditorDecorationsCollection;
  readonly #drawn = new Map<string, Drawn>();
  #file: { id: string; text: Y.Text } | null = null;

  constructor(
    private readonly monaco: Monaco,
    private readonly editor: editor.IStandaloneCodeEditor,
    private readonly session: LiveRoom,
  ) {
    this.#decorations = editor.createDecorationsCollection();
    session.awareness.on("change", this.draw);
  }

  show(file: { id: string; text: Y.Text } | null): void {
    this.#file = file;
    this.send();
    this.draw();
  }

  /** Tells the others where this person is. */
  readonly send = (): void => {
    const { awareness, me } = this.session;
    const selection = this.editor.getSelection();
    const model = this.editor.getModel();
    if (this.#file === null || selection === null || model === null) {
      awareness.setLocalStateField(PRESENCE_KEY, null);
      return;
    }
    const { text } = this.#file;
    const at = (lineNumber: number, column: number) =>
      positionIn(text, model.getOffsetAt({ lineNumber, column }));
    const head = at(selection.positionLineNumber, selection.positionColumn);
    const presence: CodePresence = { by: me.id, fileId: this.#file.id, head };
    if (!selection.isEmpty()) {
      presence.anchor = at(selection.selectionStartLineNumber, selection.selectionStartColumn);
    }
    awareness.setLocalStateField(PRESENCE_KEY, presence);
  };

  readonly draw = (): void => {
    const model = this.editor.getModel();
    const decorations: editor.IModelDeltaDecoration[] = [];
    const seen = new Set<string>();
    const people = new Map(this.session.participants.peek().map((one) => [one.id, one]));
    for (const place of readPlaces(this.session.awareness, this.session.me.id)) {
      const person = people.get(place.by);
      if (this.#file === null || model === null || person === undefined) continue;
      if (place.fileId !== this.#file.id) continue;
      const head = indexIn(this.#file.text, place.head);
      const anchor = indexIn(this.#file.text, place.anchor) ?? head;
      if (head === null || anchor === null) continue;
      const hue = hueClass(hueOf(person.name));
      seen.add(place.by);
      const at = model.getPositionAt(head);
      this.#name(place.by, person.name, hue, at.lineNumber, at.column);
      const range = this.monaco.Range.fromPositions(
        model.getPositionAt(Math.min(head, anchor)),
        model.getPositionAt(Math.max(head, anchor)),
      );
      if (head !== anchor) {
        decorations.push({ range, options: { className: `code-selection ${hue}` } });
      }
      decorations.push({
        range: this.monaco.Range.fromPositions(at, at),
        options: { beforeContentClassName: `code-caret ${hue}`, stickiness: 1 },
      });
    }
    this.#decorations.set(decorations);
    for (const by of [...this.#drawn.keys()]) if (!seen.has(by)) this.#forget(by);
  };

  dispose(): void {
    const { awareness } = this.session;
    awareness.off("change", this.draw);
    awareness.setLocalStateField(PRESENCE_KEY, null);
    for (const by of [...this.#drawn.keys()]) this.#forget(by);
    this.#decorations.clear();
  }

  /** The name stands for a while after each move; it comes back when the pointer is on the caret's line. */
  #name(by: string, name: string, hue: string, lineNumber: number, column: number): void {
    const place = `${lineNumber}:${column}`;
    let drawn = this.#drawn.get(by);
    if (drawn === undefined) {
      const node = document.createElement("div");
      node.className = `code-name ${hue}`;
      node.textContent = name;
      node.dataset.testid = "code-name";
      const widget: editor.IContentWidget = {
        allowEditorOverflow: true,
        suppressMouseDown: true,
        getId: () => `code-name-${by}`,
        getDomNode: () => node,
        getPosition: () => null,
      };
      drawn = { widget, node, place: "", hide: undefined };
      this.#drawn.set(by, drawn);
      this.editor.addContentWidget(widget);
    }
    if (drawn.place === place && drawn.node.textContent === name) return;
    drawn.place = place;
    drawn.node.textContent = name;
    const { ABOVE, BELOW } = this.monaco.editor.ContentWidgetPositionPreference;
    drawn.widget.getPosition = () => ({
      position: { lineNumber, column },
      preference: [ABOVE, BELOW],
    });
    drawn.node.classList.remove("code-name-still");
    clearTimeout(drawn.hide);
    const { node } = drawn;
    drawn.hide = setTimeout(() => node.classList.add("code-name-still"), NAME_MS);
    this.editor.layoutContentWidget(drawn.widget);
  }

  #forget(by: string): void {
    const drawn = this.#drawn.get(by);
    if (drawn === undefined) return;
    clearTimeout(drawn.hide);
    this.editor.removeContentWidget(drawn.widget);
    this.#drawn.delete(by);
  }
}

/** Twelve steps around the circle: classes instead of inline colours, because decorations take no style. */
function hueClass(hue: number): string {
  return `code-hue-${Math.round(hue / 30) % 12}`;
}
