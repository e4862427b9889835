/** tldraw as Lectern shows it: its own tools and menus, with what a lesson needs beside them. */
import { useEffect, useMemo } from "preact/hooks";
import { getAssetUrlsByImport } from "@tldraw/assets/imports.vite";
import {
  ArrowToolbarItem,
  AssetToolbarItem,
  DefaultCanvas,
  defaultHandleExternalFileContent,
  DefaultToolbar,
  DrawToolbarItem,
  type Editor,
  EllipseToolbarItem,
  EraserToolbarItem,
  FrameToolbarItem,
  HandToolbarItem,
  HighlightToolbarItem,
  LaserToolbarItem,
  LineToolbarItem,
  NoteToolbarItem,
  RectangleToolbarItem,
  SelectToolbarItem,
  TextToolbarItem,
  type TLCanvasComponentProps,
  type TLComponents,
  Tldraw,
  TldrawUiMenuToolItem,
  type TLUiOverrides,
  TriangleToolbarItem,
  useDefaultHelpers,
  useEditor,
  useTldrawUser,
  useToasts,
} from "tldraw";
import "tldraw/tldraw.css";
import { insertShape, putPdf } from "./board_actions.ts";
import "./board.css";
import { BoardContext, useBoard } from "./board_context.ts";
import { EarlierDialog } from "./earlier/earlier_dialog.tsx";
import { refusalWords } from "./binding/bounds.ts";
import { IMAGE_TYPES, MAX_IMAGE_BYTES } from "./files/board_assets.ts";
import { showGradually } from "./gradual_shapes.ts";
import { ContextMenu, MainMenu } from "./menus.tsx";
import type { Board as OpenBoard } from "./open_board.ts";
import { personColor } from "./presence/person_color.ts";
import { SharePanel } from "./share_panel.tsx";
import { MathShapeUtil } from "./shapes/math_shape.tsx";
import { PlotShapeUtil } from "./shapes/plot_shape.tsx";
import { MathIcon, PlotIcon } from "./tool_icons.tsx";
import "./prompt_effects.ts";

const assetUrls = getAssetUrlsByImport();
const shapeUtils = [MathShapeUtil, PlotShapeUtil];
const MAX_IMAGE_DIMENSION = 4000;

/** What people are told about files that the board doesn't take: what is wrong, and what to do. */
const REFUSED_FILES = {
  "assets.files.size-too-big": `An image may have ${
    MAX_IMAGE_BYTES / 1024 / 1024
  } MB. Make it smaller and put it in again.`,
  "assets.files.type-not-allowed": "The board takes images and PDFs, no other files.",
  "assets.files.upload-failed": "The image didn't reach the board. Try again.",
  "assets.files.amount-too-big": "Those are too many files at once. Put in a few at a time.",
};

const overrides: TLUiOverrides = {
  translations: { en: REFUSED_FILES },
  actions: (_, actions) => {
    const { "insert-embed": _embed, "toggle-debug-mode": _debug, ...ours } = actions;
    return ours;
  },
  tools: (editor, tools) => ({
    ...tools,
    math: {
      id: "math",
      label: "Formula",
      icon: <MathIcon />,
      onSelect: () => insertShape(editor, "math"),
    },
    plot: {
      id: "plot",
      label: "Graph",
      icon: <PlotIcon />,
      onSelect: () => insertShape(editor, "plot"),
    },
  }),
};

const components: TLComponents = {
  Canvas,
  SharePanel,
  MainMenu,
  ContextMenu,
  Toolbar,
  DebugMenu: null,
  DebugPanel: null,
  HelpMenu: null,
};

export function Board({ board }: { board: OpenBoard }) {
  const { me } = board.session;
  const preferences = useMemo(() => ({
    id: me.id,
    name: me.name,
    color: personColor(me.id),
    colorScheme: "system" as const,
  }), [me.id, me.name]);
  const user = useTldrawUser({ userPreferences: preferences });
  return (
    <BoardContext.Provider value={board}>
      <Tldraw
        store={board.store}
        user={user}
        assetUrls={assetUrls}
        shapeUtils={shapeUtils}
        components={components}
        overrides={overrides}
        embeds={[]}
        maxAssetSize={MAX_IMAGE_BYTES}
        maxImageDimension={MAX_IMAGE_DIMENSION}
        acceptedImageMimeTypes={IMAGE_TYPES}
        acceptedVideoMimeTypes={[]}
        onMount={(editor: Editor) => board.attach(editor)}
      >
        <Intake />
        <Told />
        <Choosing />
      </Tldraw>
    </BoardContext.Provider>
  );
}

/** tldraw's own, on an editor that shows large boards bit by bit. */
function Canvas(props: TLCanvasComponentProps) {
  const editor = useEditor();
  const stop = useMemo(() => showGradually(editor), [editor]);
  useEffect(() => stop, [stop]);
  return <DefaultCanvas {...props} />;
}

function Toolbar() {
  return (
    <DefaultToolbar>
      <SelectToolbarItem />
      <HandToolbarItem />
      <DrawToolbarItem />
      <EraserToolbarItem />
      <HighlightToolbarItem />
      <TextToolbarItem />
      <TldrawUiMenuToolItem toolId="math" />
      <TldrawUiMenuToolItem toolId="plot" />
      <ArrowToolbarItem />
      <LineToolbarItem />
      <NoteToolbarItem />
      <AssetToolbarItem />
      <RectangleToolbarItem />
      <EllipseToolbarItem />
      <TriangleToolbarItem />
      <FrameToolbarItem />
      <LaserToolbarItem />
    </DefaultToolbar>
  );
}

/** What is pasted or dropped: PDFs become pages, links stay text, because nothing is fetched from other hosts. */
function Intake() {
  const editor = useEditor();
  const { session } = useBoard();
  const helpers = useDefaultHelpers();
  const toasts = useToasts();
  useEffect(() => {
    editor.registerExternalContentHandler("files", async (content) => {
      const pdfs = content.files.filter(({ type }) => type === "application/pdf");
      const others = content.files.filter((file) => !pdfs.includes(file));
      for (const pdf of pdfs) {
        await putPdf({ editor, session, toasts: helpers }, pdf);
      }
      if (others.length === 0) return;
      await defaultHandleExternalFileContent(editor, { ...content, files: others }, {
        toasts,
        msg: helpers.msg,
        maxAssetSize: MAX_IMAGE_BYTES,
        maxImageDimension: MAX_IMAGE_DIMENSION,
        acceptedImageMimeTypes: IMAGE_TYPES,
        acceptedVideoMimeTypes: [],
      });
    });
    editor.registerExternalContentHandler("url", async ({ url, point }) => {
      await editor.putExternalContent({
        type: "text",
        text: url,
        ...(point === undefined ? {} : { point }),
      });
    });
  }, [editor, session, helpers]);
  return null;
}

/** The lesson to start from, while the person chooses it. */
function Choosing() {
  const { choosesLesson } = useBoard();
  if (!choosesLesson.value) return null;
  return <EarlierDialog onClose={() => choosesLesson.value = false} />;
}

/** Says what the board did not take, and what it can't show. */
function Told() {
  const board = useBoard();
  const { addToast } = useDefaultHelpers();
  const refused = board.refused.value;
  const unreadable = board.unreadable.value;
  useEffect(() => {
    if (refused === null) return;
    addToast({
      id: `refused-${refused.reason}`,
      title: refusalWords(refused.reason),
      severity: "warning",
    });
  }, [refused]);
  useEffect(() => {
    if (unreadable === 0) return;
    const title = unreadable === 1
      ? "One thing on this board can't be shown here."
      : `${unreadable} things on this board can't be shown here.`;
    addToast({ id: "unreadable", title, severity: "warning" });
  }, [unreadable]);
  return null;
}
