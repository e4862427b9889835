/** The graph of an expression of x on its axes: drawn as SVG, the same on the board and in exports. */
import type { JSX } from "preact";
import {
  BaseBoxShapeUtil,
  type Editor,
  getDefaultColorTheme,
  HTMLContainer,
  SVGContainer,
  type SvgExportContext,
  useEditor,
  useIsDarkMode,
  useValue,
} from "tldraw";
import { plotProps, type PlotShape } from "../board_schema.ts";
import { curvePath, type PlotFrame, ticks, toX, toY } from "../plot/axes.ts";
import { parseExpression } from "../plot/expression.ts";
import { PlotForm } from "./plot_form.tsx";

const LABEL_PX = 11;
const MAX_SPAN = 1e9;

export class PlotShapeUtil extends BaseBoxShapeUtil<PlotShape> {
  static override type = "plot" as const;
  static override props = plotProps;

  override getDefaultProps(): PlotShape["props"] {
    return {
      w: 360,
      h: 300,
      expression: "x^2 / 4 - 2",
      xMin: -6,
      xMax: 6,
      yMin: -5,
      yMax: 5,
      color: "blue",
    };
  }

  override canEdit(): boolean {
    return true;
  }

  override getText(shape: PlotShape): string {
    return shape.props.expression;
  }

  override getAriaDescriptor(shape: PlotShape): string {
    return `Graph of ${shape.props.expression}`;
  }

  override component(shape: PlotShape) {
    return <Plot shape={shape} />;
  }

  override indicator(shape: PlotShape) {
    return <rect width={shape.props.w} height={shape.props.h} rx={4} />;
  }

  override toSvg(shape: PlotShape, context: SvgExportContext) {
    const paper = getDefaultColorTheme({ isDarkMode: context.isDarkMode }).background;
    return <Graph shape={shape} dark={context.isDarkMode} paper={paper} />;
  }
}

function Plot({ shape }: { shape: PlotShape }) {
  const editor: Editor = useEditor();
  const dark = useIsDarkMode();
  const editing = useValue("editing", () => editor.getEditingShapeId() === shape.id, [shape.id]);
  return (
    <>
      <SVGContainer>
        <Graph shape={shape} dark={dark} paper="var(--color-background)" />
      </SVGContainer>
      {editing && (
        <HTMLContainer className="plot-shape-form-place">
          <PlotForm editor={editor} shape={shape} />
        </HTMLContainer>
      )}
    </>
  );
}

interface GraphProps {
  shape: PlotShape;
  dark: boolean;
  /** What it is drawn on. */
  paper: string;
}

function Graph({ shape, dark, paper }: GraphProps): JSX.Element {
  const { w, h, expression, color } = shape.props;
  const theme = getDefaultColorTheme({ isDarkMode: dark });
  const line = dark ? "#3b4048" : "#dcdfe4";
  const axis = dark ? "#8b929c" : "#767d87";
  const frame = frameOf(shape);
  const clip = `clip-${shape.id.replace(/[^\w-]/g, "")}`;
  if (frame === undefined) {
    return <Message text="The ends of an axis are the wrong way round." {...{ w, h, axis }} />;
  }
  const parsed = parseExpression(expression);
  const xs = ticks(frame.x, w);
  const ys = ticks(frame.y, h);
  const axisX = Math.min(Math.max(toX(frame, 0), 0), w);
  const axisY = Math.min(Math.max(toY(frame, 0), 0), h);
  return (
    <g fontFamily="system-ui, sans-serif" fontSize={LABEL_PX}>
      <clipPath id={clip}>
        <rect width={w} height={h} rx={4} />
      </clipPath>
      <rect width={w} height={h} rx={4} fill={paper} stroke={line} />
      <g clipPath={`url(#${clip})`}>
        {xs.map((x) => <path key={x} d={`M${toX(frame, x)} 0V${h}`} stroke={line} />)}
        {ys.map((y) => <path key={y} d={`M0 ${toY(frame, y)}H${w}`} stroke={line} />)}
        <path d={`M0 ${axisY}H${w}M${axisX} 0V${h}`} stroke={axis} strokeWidth={1.5} />
        {xs.filter((x) => x !== 0 && inside(toX(frame, x), w)).map((x) => (
          <text
            key={x}
            x={toX(frame, x)}
            y={Math.min(axisY + LABEL_PX + 3, h - 4)}
            textAnchor="middle"
            fill={axis}
          >
            {spell(x)}
          </text>
        ))}
        {ys.filter((y) => y !== 0 && inside(toY(frame, y), h)).map((y) => (
          <text
            key={y}
            x={Math.max(axisX - 5, 16)}
            y={toY(frame, y) + LABEL_PX / 3}
            textAnchor="end"
            fill={axis}
          >
            {spell(y)}
          </text>
        ))}
        {parsed.ok && (
          <path
            d={curvePath(parsed.curve, frame)}
            fill="none"
            stroke={theme[color].solid}
            strokeWidth={2.5}
            strokeLinejoin="round"
          />
        )}
        <text x={10} y={20} fontSize={14} fill={parsed.ok ? theme[color].solid : axis}>
          {parsed.ok ? `y = ${expression}` : parsed.message}
        </text>
      </g>
    </g>
  );
}

function Message(props: { text: string; w: number; h: number; axis: string }): JSX.Element {
  return (
    <g>
      <rect width={props.w} height={props.h} rx={4} fill="none" stroke={props.axis} />
      <text x={10} y={24} fontSize={14} fill={props.axis}>{props.text}</text>
    </g>
  );
}

/** Undefined where the axes have no extent. */
function frameOf({ props }: PlotShape): PlotFrame | undefined {
  const { xMin, xMax, yMin, yMax } = props;
  const spans = [xMax - xMin, yMax - yMin];
  if (!spans.every((span) => span > 1 / MAX_SPAN && span < MAX_SPAN)) return undefined;
  return {
    x: { min: xMin, max: xMax },
    y: { min: yMin, max: yMax },
    width: props.w,
    height: props.h,
  };
}

/** A label at the very edge would be cut. */
function inside(at: number, size: number): boolean {
  return at > LABEL_PX && at < size - LABEL_PX;
}

function spell(value: number): string {
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(0) : String(value).replace("-", "−");
}
