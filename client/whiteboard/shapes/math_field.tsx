/** The field in which a formula is written: MathLive's, without its sounds, with its keyboard on touch screens. */
import "mathlive/fonts.css";
import { useEffect, useRef } from "preact/hooks";
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

  useEffect(() => {
    let gone = false;
    let remove = () => {};
    void loadField().then((Field) => {
      if (gone || place.current === null) return;
      const field = new Field();
      field.value = shape.props.tex;
      field.setAttribute("aria-label", "Formula");
      const write = () => {
        const tex = field.getValue("latex");
        if (tex.length > MAX_TEX_CHARS) return;
        editor.updateShape<MathShape>({ id: shape.id, type: "math", props: { tex } });
      };
      const onKey = (event: KeyboardEvent) => {
        if (event.key !== "Escape" && event.key !== "Enter") return;
        event.preventDefault();
        event.stopPropagation();
        editor.complete();
        editor.getContainer().focus();
      };
      field.addEventListener("input", write);
      // Before MathLive, which has its own use for Enter; everything else is MathLive's, and nobody's after it.
      field.addEventListener("keydown", onKey, { capture: true });
      field.addEventListener("keydown", stopEventPropagation);
      place.current.append(field);
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
    />
  );
}
