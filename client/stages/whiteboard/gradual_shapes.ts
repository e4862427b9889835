/**
 * Puts the shapes of a large board into the page a few at a time, so that it opens at once and can be drawn on while
 * the rest follows: what is in view first.
 *
 * Only what is rendered is held back. Selecting, exporting and everything that others do know all shapes.
 * Invariant: a shape that is in the page stays there as long as it is on the board's page.
 */
import {
  atom,
  computed,
  type Editor,
  type TLRenderingShape,
  type TLShapeId,
  unsafe__withoutCapture,
} from "tldraw";

/** A board with no more shapes than this is there whole. */
const AT_ONCE = 200;
/** What one frame adds while the person draws: short enough for the stroke to go on. */
const PER_FRAME = 80;
/** What one frame may add while nothing is drawn, and how long it may take: each frame has a price of its own. */
const MOST_PER_FRAME = 480;
const FRAME_MS = 100;

/** Call before the editor's first rendering. Answers a function that stops what is under way. */
export function showGradually(editor: Editor): () => void {
  const all = editor.getRenderingShapes.bind(editor);
  const turn = atom("turn of shapes", 0);
  let shown: ReadonlySet<TLShapeId> = new Set();
  let frame: number | undefined;
  let perFrame = PER_FRAME;
  let askedAt = 0;
  const goOn = () => {
    if (frame !== undefined) return;
    askedAt = performance.now();
    frame = requestAnimationFrame(() => {
      frame = undefined;
      const fits = perFrame * FRAME_MS / (performance.now() - askedAt);
      perFrame = editor.inputs.isPointing
        ? PER_FRAME
        : Math.max(PER_FRAME, Math.min(MOST_PER_FRAME, 2 * perFrame, Math.floor(fits)));
      turn.update((now) => now + 1);
    });
  };
  const gradual = computed("shapes in the page", () => {
    turn.get();
    const shapes = all();
    const kept = new Set<TLShapeId>();
    const missing: TLShapeId[] = [];
    for (const { id } of shapes) {
      if (shown.has(id)) kept.add(id);
      else missing.push(id);
    }
    const room = kept.size === 0 ? AT_ONCE : perFrame;
    const next = missing.length <= room ? missing : seenFirst(editor, missing).slice(0, room);
    for (const id of next) kept.add(id);
    shown = kept;
    if (kept.size === shapes.length) return shapes;
    goOn();
    return shapes.filter(({ id }: TLRenderingShape) => kept.has(id));
  });
  Object.defineProperty(editor, "getRenderingShapes", {
    value: () => gradual.get(),
    configurable: true,
  });
  return () => {
    if (frame !== undefined) cancelAnimationFrame(frame);
  };
}

/** Those in view before the others. Moving the view alone doesn't call for another rendering. */
function seenFirst(editor: Editor, ids: readonly TLShapeId[]): TLShapeId[] {
  return unsafe__withoutCapture(() => {
    const view = editor.getViewportPageBounds();
    const isSeen = (id: TLShapeId) => {
      const bounds = editor.getShapePageBounds(id);
      return bounds !== undefined && view.collides(bounds);
    };
    const seen = ids.filter(isSeen);
    const seenIds = new Set(seen);
    return [...seen, ...ids.filter((id) => !seenIds.has(id))];
  });
}
