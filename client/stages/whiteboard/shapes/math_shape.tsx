/**
 * A formula on the board: shown as markup, written in a MathLive field on double click. It is moved and resized like
 * any shape; its proportions stay those of its markup.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import {
  BaseBoxShapeUtil,
  type Editor,
  getDefaultColorTheme,
  HTMLContainer,
  type SvgExportContext,
  type TLShapeUtilCanBeLaidOutOpts,
  useDelaySvgExport,
  useEditor,
  useIsDarkMode,
  useValue,
} from "tldraw";
import { mathProps, type MathShape } from "../board_schema.ts";
import { MathField } from "./math_field.tsx";

/** Size of the letters where a formula isn't scaled. */
export const MATH_FONT_PX = 32;
/** The scale of drawn formulas (MathJax's font units). */
const UNITS_PER_EM = 1000;
const EMPTY_SIZE = { width: 120, height: 56 };

type Markup = typeof import("./math_markup.ts");
let markupModule: Markup | undefined;
const loadMarkup = () => import("./math_markup.ts").then((module) => markupModule = module);

export class MathShapeUtil extends BaseBoxShapeUtil<MathShape> {
  static override type = "math" as const;
  static override props = mathProps;

  override getDefaultProps(): MathShape["props"] {
    return {
      w: EMPTY_SIZE.width,
      h: EMPTY_SIZE.height,
      naturalWidth: EMPTY_SIZE.width,
      naturalHeight: EMPTY_SIZE.height,
      tex: "",
      color: "black",
    };
  }

  override canEdit(): boolean {
    return true;
  }

  override isAspectRatioLocked(): boolean {
    return true;
  }

  override canBeLaidOut(_shape: MathShape, _info: TLShapeUtilCanBeLaidOutOpts): boolean {
    return true;
  }

  override getText(shape: MathShape): string {
    return shape.props.tex;
  }

  override getAriaDescriptor(shape: MathShape): string {
    return shape.props.tex;
  }

  override onEditEnd(shape: MathShape): void {
    // A formula left empty would be an invisible thing that lies about.
    if (shape.props.tex.trim() === "") this.editor.deleteShape(shape.id);
  }

  override component(shape: MathShape) {
    return <Formula shape={shape} />;
  }

  /** Paths instead of markup, which needs a page and its fonts. */
  override async toSvg(shape: MathShape, { isDarkMode }: SvgExportContext) {
    const { tex, w, h, naturalWidth, color } = shape.props;
    const { drawFormula } = await import("./math_svg.ts");
    const ink = getDefaultColorTheme({ isDarkMode })[color].solid;
    const fontPx = MATH_FONT_PX * w / naturalWidth;
    const drawn = drawFormula(tex);
    if (drawn === undefined) {
      return <text y={h / 2} fontSize={fontPx / 2} fontFamily="monospace" fill={ink}>{tex}</text>;
    }
    const scale = Math.min(fontPx / UNITS_PER_EM, w / drawn.width, h / drawn.height);
    const [width, height] = [drawn.width * scale, drawn.height * scale];
    return (
      <svg
        x={(w - width) / 2}
        y={(h - height) / 2}
        width={width}
        height={height}
        viewBox={`${drawn.left} ${drawn.top} ${drawn.width} ${drawn.height}`}
        style={{ color: ink }}
        // deno-lint-ignore react-no-danger -- drawFormula answers nothing but MathJax's groups, paths and texts
        dangerouslySetInnerHTML={{ __html: drawn.content }}
      />
    );
  }

  override indicator(shape: MathShape) {
    return <rect width={shape.props.w} height={shape.props.h} />;
  }
}

function Formula({ shape }: { shape: MathShape }) {
  const editor = useEditor();
  const dark = useIsDarkMode();
  const editing = useValue("editing", () => editor.getEditingShapeId() === shape.id, [shape.id]);
  const [markup, setMarkup] = useState(() => markupModule);
  const readyForExport = useDelaySvgExport();
  const measured = useRef<HTMLDivElement>(null);
  const { tex, w, naturalWidth, color } = shape.props;

  useEffect(() => {
    if (markup === undefined) void loadMarkup().then((module) => setMarkup(() => module));
    else readyForExport();
  }, [markup]);

  // Only whoever writes it measures it: other pages take the size from the shape.
  useLayoutEffect(() => {
    const element = measured.current;
    if (editing && element !== null && markup !== undefined) fit(editor, shape, element);
  }, [editing, tex, markup]);

  const scale = w / naturalWidth;
  return (
    <HTMLContainer
      className="math-shape"
      style={{ color: getDefaultColorTheme({ isDarkMode: dark })[color].solid }}
    >
      <div
        ref={measured}
        className="math-shape-markup"
        style={{
          fontSize: MATH_FONT_PX,
          transform: `scale(${scale})`,
          visibility: editing ? "hidden" : "inherit",
        }}
        aria-hidden={editing}
        // deno-lint-ignore react-no-danger -- mathMarkup lets nothing through but spans and lines
        dangerouslySetInnerHTML={{ __html: markup === undefined ? "" : markup.mathMarkup(tex) }}
      />
      {editing && <MathField editor={editor} shape={shape} fontPx={MATH_FONT_PX * scale} />}
    </HTMLContainer>
  );
}

/** Gives the shape the size of its markup, at the scale that it had. */
function fit(editor: Editor, shape: MathShape, element: HTMLElement): void {
  const { tex, w, h, naturalWidth, naturalHeight } = shape.props;
  const width = Math.max(EMPTY_SIZE.width / 4, tex === "" ? EMPTY_SIZE.width : element.offsetWidth);
  const height = Math.max(EMPTY_SIZE.height / 2, element.offsetHeight);
  if (width === naturalWidth && height === naturalHeight) return;
  const scale = w / naturalWidth;
  editor.updateShape<MathShape>({
    id: shape.id,
    type: "math",
    props: {
      naturalWidth: width,
      naturalHeight: height,
      w: width * scale,
      h: height * scale || h,
    },
  });
}
