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

/** MathLive is busy with its focus for 60 ms; what is typed into it meanwhile comes out wrong now and then. */
const SETTLES_MS = 100;

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
      let settled = false;
      let settling: ReturnType<typeof setTimeout> | undefined;
      // Until then letters go on gathering in the ordinary field, in their order.
      const gather = (event: KeyboardEvent) => {
        if (settled || event.target === early) return;
        if (event.key === "Enter" || event.key === "Escape") isFinished = true;
        else if (event.key === "Backspace") early.value = early.value.slice(0, -1);
        else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
          early.value += event.key;
        } else return;
        event.preventDefault();
        event.stopImmediatePropagation();
      };
      const takeOver = () => {
        settled = true;
        for (const letter of early.value) {
          field.executeCommand(["typedText", letter, { simulateKeystroke: true }]);
        }
        if (early.value !== "") writeField();
        early.hidden = true;
        if (isFinished) finish();
      };
      container.addEventListener("keydown", gather, { capture: true });
      field.addEventListener("focusin", () => settling = setTimeout(takeOver, SETTLES_MS), {
        once: true,
      });
      field.addEventListener("input", writeField);
      // Before MathLive, which has its own use for Enter; everything else is MathLive's, and nobody's after it.
      field.addEventListener("keydown", onKey, { capture: true });
      field.addEventListener("keydown", stopEventPropagation);
      container.append(field);
      field.focus();
      remove = () => {
        clearTimeout(settling);
        container.removeEventListener("keydown", gather, { capture: true });
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
