/** The board as it stood then, to look at: tldraw without tools, with everybody's cursors. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Maximize } from "lucide-preact";
import { getAssetUrlsByImport } from "@tldraw/assets/imports.vite";
import { createTLStore, type Editor, Tldraw, type TLInstancePresence, type TLPageId } from "tldraw";
import "tldraw/tldraw.css";
import { whiteboardOf } from "../../../../rooms/contract/document/schema.ts";
import { IconButton } from "../../../design/icon_button.tsx";
import "../../../stages/whiteboard/board.css";
import { createBoardSchema } from "../../../stages/whiteboard/board_schema.ts";
import { BoardBinding } from "../../../stages/whiteboard/binding/board_binding.ts";
import { boardAssets } from "../../../stages/whiteboard/files/board_assets.ts";
import {
  presenceRecord,
  readPresence,
} from "../../../stages/whiteboard/presence/board_presence.ts";
import { personColor } from "../../../stages/whiteboard/presence/person_color.ts";
import { MathShapeUtil } from "../../../stages/whiteboard/shapes/math_shape.tsx";
import { PlotShapeUtil } from "../../../stages/whiteboard/shapes/plot_shape.tsx";
import { type Replay, useReplay } from "../model.ts";
import { itemOfEntry } from "../search/moments.ts";
import { Appeared, type Asked } from "./appeared.tsx";
import "./board_at.css";

const assetUrls = getAssetUrlsByImport();
const shapeUtils = [MathShapeUtil, PlotShapeUtil];
const INSET_PX = 40;

export default function BoardAt() {
  const replay = useReplay();
  const { meetingId } = replay.manifest.value;
  const store = useMemo(() =>
    createTLStore({
      schema: createBoardSchema(),
      assets: boardAssets({ meetingId, credential: "" }),
    }), [meetingId]);
  const editor = useSignal<Editor | null>(null);
  /** The person has moved the view: it is theirs until they give it back. */
  const ownView = useSignal(false);
  const asked = useSignal<Asked | null>(null);
  const frame = useRef<HTMLDivElement>(null);

  // One store for all times: another document is bound to it, and what differs changes on the screen.
  const docVersion = replay.docVersion.value;
  useEffect(() => {
    const binding = new BoardBinding({
      store,
      root: whiteboardOf(replay.lesson.doc),
      writable: false,
      onRefused: () => {},
      onNewer: () => {},
    });
    return () => binding.destroy();
  }, [store, docVersion]);

  const now = editor.value;
  useEffect(() => {
    if (now === null) return;
    const stopPeople = replay.presenceVersion.subscribe(() => showPeople(now, replay));
    const stopFitting = replay.version("whiteboard").subscribe(() =>
      // After the binding has brought what changed.
      queueMicrotask(() => !ownView.value && fit(now, "when needed"))
    );
    return () => {
      stopPeople();
      stopFitting();
    };
  }, [now, docVersion]);

  useEffect(() => {
    const element = frame.current;
    if (element === null || now === null) return;
    const sizes = new ResizeObserver(() => !ownView.value && fit(now, "now"));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [now]);

  const onMount = (mounted: Editor) => {
    mounted.updateInstanceState({ isReadonly: true });
    mounted.setCurrentTool("hand");
    mounted.user.updateUserPreferences({ colorScheme: "system" });
    mounted.on("event", (info) => {
      if (info.type === "wheel" || info.type === "pinch") ownView.value = true;
      if (info.type !== "pointer") return;
      if (info.name === "pointer_move" && mounted.inputs.isDragging) ownView.value = true;
      if (info.name !== "pointer_up" || mounted.inputs.isDragging) return;
      const point = mounted.inputs.currentPagePoint;
      const shape = mounted.getShapeAtPoint(point, { hitInside: true, margin: 8 });
      if (shape === undefined) return;
      const items = itemOfEntry(whiteboardOf(replay.lesson.doc), shape.id);
      asked.value = { what: shapeWords(shape.type), items };
    });
    fit(mounted, "now");
    editor.value = mounted;
  };
  return (
    <div class="board board-at" ref={frame}>
      <Tldraw
        store={store}
        assetUrls={assetUrls}
        shapeUtils={shapeUtils}
        hideUi
        autoFocus={false}
        embeds={[]}
        onMount={onMount}
      />
      {ownView.value && now !== null && (
        <IconButton
          icon={Maximize}
          label="Show the whole board"
          class="board-fit"
          tipSide="left"
          onClick={() => {
            ownView.value = false;
            fit(now, "now");
          }}
        />
      )}
      {asked.value !== null && <Appeared asked={asked.value} onClose={() => asked.value = null} />}
    </div>
  );
}

/** Brings everything on the page into view. `when needed`: only if something is outside. */
function fit(editor: Editor, when: "now" | "when needed"): void {
  const bounds = editor.getCurrentPageBounds();
  if (bounds === undefined) return;
  if (when === "when needed" && editor.getViewportPageBounds().contains(bounds)) return;
  editor.zoomToBounds(bounds, { inset: INSET_PX, targetZoom: 1, force: true });
}

/** Cursors and selections as they were; the page is that of whoever was last seen, the tutor first. */
function showPeople(editor: Editor, replay: Replay): void {
  const { people } = replay.manifest.peek();
  const { store } = editor;
  const wanted: TLInstancePresence[] = [];
  let tutorsPage: unknown;
  let anyPage: unknown;
  for (const { clientId, state } of replay.lesson.presence.at(replay.at.peek())) {
    const presence = readPresence(state);
    const person = people.find(({ participantId }) => participantId === presence?.by);
    if (presence === undefined || person === undefined) continue;
    anyPage = presence.state.currentPageId;
    if (person.role === "tutor") tutorsPage = anyPage;
    const shown = {
      id: person.participantId,
      name: person.name,
      color: personColor(person.participantId),
    };
    // tldraw hides who has been idle by today's clock.
    const fresh = { ...presence.state, lastActivityTimestamp: Date.now() };
    const record = presenceRecord(store, clientId, shown, fresh);
    if (record !== undefined) wanted.push(record);
  }
  const ids = new Set(wanted.map(({ id }) => id));
  const gone = store.allRecords()
    .filter((record) => record.typeName === "instance_presence" && !ids.has(record.id))
    .map(({ id }) => id);
  store.mergeRemoteChanges(() => {
    store.put(wanted);
    if (gone.length > 0) store.remove(gone);
  });
  const seen = tutorsPage ?? anyPage;
  // tldraw can't be asked for no page.
  const page = typeof seen === "string" ? editor.getPage(seen as TLPageId) : undefined;
  if (page !== undefined && page.id !== editor.getCurrentPageId()) {
    editor.setCurrentPage(page.id);
    fit(editor, "now");
  }
}

function shapeWords(type: string): string {
  switch (type) {
    case "draw":
      return "This stroke";
    case "text":
      return "This text";
    case "note":
      return "This note";
    case "arrow":
      return "This arrow";
    case "image":
      return "This picture";
    case "math":
      return "This formula";
    case "plot":
      return "This graph";
    default:
      return "This shape";
  }
}
