/**
 * The field in which a formula is written: MathLive's, without its sounds, with its keyboard on touch screens.
 *
 * MathLive is loaded when it is first needed and takes the focus a moment after it is there. An ordinary field stands
 * in its place until then.
 * Invariant: no letter that is typed meanwhile is lost.
 */
import "mathlive/fonts.css";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Editor, stopEventPropagation } from "tldraw";
import { type MathShape, MAX_TEX_CHARS } from "../board_schema.ts";

interface MathFieldProps {
  editor: Editor;
  shape: MathShape;
  fontPx: number;
}

/** What is used of MathLive's element; its own types stand under a condition that only bundlers know. */
interface MathfieldElement extends HTMLElement {
  value: string;
  getValue(format: "latex"): string;
  executeCommand(command: ["typedText", string, { simulateKeystroke: boolean }]): boolean;
}

interface MathfieldClass {
  new (): MathfieldElement;
  fontsDirectory: string | null;
  soundsDirectory: string | null;
}

type WithKeyboard = typeof globalThis & { mathVirtualKeyboard?: { hide(): void } };

async function loadField(): Promise<MathfieldClass> {
  await import("mathlive");
  const Field = customElements.get("math-field") as unknown as MathfieldClass;
  // The fonts come with the stylesheet, and there is nothing to hear.
  Field.fontsDirectory = null;
  Field.soundsDirectory = null;
  return Field;
}

export function MathField({ editor, shape, fontPx }: MathFieldProps) {
  const place = useRef<HTMLDivElement>(null);
  const standIn = useRef<HTMLInputElement>(null);

  useLayoutEffect(() => {
    const [container, early] = [place.current, standIn.current];
    if (container === null || early === null) return;
    let gone = false;
    let remove = () => {};
    let isFinished = false;
    const isNew = shape.props.tex === "";
    const write = (tex: string) => {
      if (tex.length > MAX_TEX_CHARS) return;
      editor.updateShape<MathShape>({ id: shape.id, type: "math", props: { tex } });
    };
    const finish = () => {
      editor.complete();
      editor.getContainer().focus();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" && event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      isFinished = true;
      if (event.currentTarget !== early || early.value === "") finish();
    };
    early.addEventListener("keydown", onKey);
    // Kept as it is, should the person go away before MathLive comes.
    early.addEventListener("input", () => isNew && write(early.value));
    // A screen's own keyboard would come up and make way for MathLive's at once.
    if (matchMedia("(pointer: coarse)").matches) early.inputMode = "none";
    early.focus();

    void loadField().then((Field) => {
      if (gone) return;
      const field = new Field();
      field.value = shape.props.tex;
      field.setAttribute("aria-label", "Formula");
      const writeField = () => write(field.getValue("latex"));
      const takeOver = () => {
        for (const letter of early.value) {
          field.executeCommand(["typedText", letter, { simulateKeystroke: true }]);
        }
        if (early.value !== "") writeField();
        early.hidden = true;
        if (isFinished) finish();
      };
      field.addEventListener("focusin", takeOver, { once: true });
      field.addEventListener("input", writeField);
      // Before MathLive, which has its own use for Enter; everything else is MathLive's, and nobody's after it.
      field.addEventListener("keydown", onKey, { capture: true });
      field.addEventListener("keydown", stopEventPropagation);
      container.append(field);
      field.focus();
      remove = () => {
        (globalThis as WithKeyboard).mathVirtualKeyboard?.hide();
        field.remove();
      };
    });
    return () => {
      gone = true;
      remove();
    };
  }, [shape.id]);

  return (
    <div
      ref={place}
      className="math-shape-field"
      style={{ fontSize: fontPx }}
      onPointerDown={stopEventPropagation}
      onPointerMove={stopEventPropagation}
      onPointerUp={stopEventPropagation}
      onWheel={(event) => event.stopPropagation()}
    >
      <input ref={standIn} class="math-shape-stand-in" aria-label="Formula" autocomplete="off" />
    </div>
  );
}
