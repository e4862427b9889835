/** What a graph shows, written beside it: the expression and the ends of both axes. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Editor, stopEventPropagation } from "tldraw";
import type { PlotShape } from "../board_schema.ts";
import { MAX_EXPRESSION_CHARS, parseExpression } from "../plot/expression.ts";

const ENDS = [
  ["xMin", "x from"],
  ["xMax", "to"],
  ["yMin", "y from"],
  ["yMax", "to"],
] as const;

export function PlotForm({ editor, shape }: { editor: Editor; shape: PlotShape }) {
  const first = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(shape.props.expression);
  const parsed = parseExpression(text);
  useLayoutEffect(() => {
    first.current?.focus();
    first.current?.select();
  }, []);

  const change = (props: Partial<PlotShape["props"]>) =>
    editor.updateShape<PlotShape>({ id: shape.id, type: "plot", props });
  const onKey = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key !== "Escape" && event.key !== "Enter") return;
    event.preventDefault();
    editor.complete();
    editor.getContainer().focus();
  };

  return (
    <div
      className="plot-form"
      style={{ transform: `scale(${1 / editor.getZoomLevel()})` }}
      onPointerDown={stopEventPropagation}
      onPointerMove={stopEventPropagation}
      onPointerUp={stopEventPropagation}
      onKeyDown={onKey}
    >
      <label className="plot-form-expression">
        <span>y =</span>
        <input
          ref={first}
          value={text}
          maxLength={MAX_EXPRESSION_CHARS}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={!parsed.ok}
          onInput={(event) => {
            const { value } = event.currentTarget;
            setText(value);
            if (parseExpression(value).ok) change({ expression: value });
          }}
        />
      </label>
      <div className="plot-form-ends">
        {ENDS.map(([key, label]) => (
          <label key={key}>
            <span>{label}</span>
            <input
              type="number"
              step="any"
              value={shape.props[key]}
              aria-label={key.replace("Min", " from").replace("Max", " to")}
              onInput={(event) => {
                const value = event.currentTarget.valueAsNumber;
                if (Number.isFinite(value)) change({ [key]: value });
              }}
            />
          </label>
        ))}
      </div>
      {!parsed.ok && <p role="status">{parsed.message}</p>}
    </div>
  );
}
