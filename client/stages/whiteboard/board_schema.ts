/**
 * The kinds of shape that a board holds: tldraw's own, but for those that load from other hosts (embeds, bookmarks,
 * videos), and ours for formulas and graphs. No DOM: tests, replay and benchmarks read boards by it too.
 */
import {
  createTLSchema,
  defaultBindingSchemas,
  DefaultColorStyle,
  defaultShapeSchemas,
  T,
  type TLBaseShape,
  type TLDefaultColorStyle,
} from "tldraw";
import { MAX_EXPRESSION_CHARS } from "./plot/expression.ts";

export const MAX_TEX_CHARS = 2000;

/** A formula. Its box scales what the markup measures by itself. */
export type MathShape = TLBaseShape<"math", {
  w: number;
  h: number;
  /** Size of the markup unscaled, in CSS pixels. */
  naturalWidth: number;
  naturalHeight: number;
  /** LaTeX. */
  tex: string;
  color: TLDefaultColorStyle;
}>;

/** The graph of an expression of x. */
export type PlotShape = TLBaseShape<"plot", {
  w: number;
  h: number;
  expression: string;
  xMin: number;
  xMax: number;
  yMin: number;
  yMax: number;
  color: TLDefaultColorStyle;
}>;

const size = T.nonZeroNumber;
const text = (max: number) =>
  T.string.check("length", (value) => {
    if (value.length > max) throw new Error(`longer than ${max}`);
  });

export const mathProps = {
  w: size,
  h: size,
  naturalWidth: size,
  naturalHeight: size,
  tex: text(MAX_TEX_CHARS),
  color: DefaultColorStyle,
};

export const plotProps = {
  w: size,
  h: size,
  expression: text(MAX_EXPRESSION_CHARS),
  xMin: T.number,
  xMax: T.number,
  yMin: T.number,
  yMax: T.number,
  color: DefaultColorStyle,
};

const { embed: _embed, bookmark: _bookmark, video: _video, ...ownShapes } = defaultShapeSchemas;

export function createBoardSchema(): ReturnType<typeof createTLSchema> {
  return createTLSchema({
    shapes: { ...ownShapes, math: { props: mathProps }, plot: { props: plotProps } },
    bindings: defaultBindingSchemas,
  });
}
