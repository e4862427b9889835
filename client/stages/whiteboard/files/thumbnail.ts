/**
 * The small picture of the board that is kept with the lesson.
 *
 * Taken by the page whose person changed something: when they pause, and now and then while they don't. Only what
 * fits into a glance is rendered, so that a large board costs no more than a small one.
 */
import type { Editor, TLShapeId } from "tldraw";
import type { LiveRoom } from "../../../connection/live_room.ts";
import type { BoardBinding } from "../binding/board_binding.ts";

const QUIET_MS = 4_000;
const AT_LATEST_MS = 60_000;
const BUSY_MS = 500;
/** A page with more shapes or pictures is taken as the person sees it. */
const MAX_SHAPES = 150;
const MAX_PICTURES = 4;
const WIDTH = 400;
const HEIGHT = 260;
const PADDING = 16;
const QUALITY = 0.8;

/** Answers a function that stops. */
export function keepThumbnail(
  editor: Editor,
  session: Pick<LiveRoom, "meetingId" | "credential">,
  binding: Pick<BoardBinding, "onWritten">,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let changedAt: number | null = null;
  const schedule = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(take, ms);
  };
  const take = () => {
    // A stroke under way must not stutter.
    if (editor.inputs.isPointing) return schedule(BUSY_MS);
    clearTimeout(timer);
    changedAt = null;
    void takeThumbnail(editor).then((picture) => picture && sendThumbnail(session, picture));
  };
  const stopListening = binding.onWritten(() => {
    const now = performance.now();
    changedAt ??= now;
    schedule(Math.max(0, Math.min(QUIET_MS, changedAt + AT_LATEST_MS - now)));
  });
  const hidden = () => {
    if (document.visibilityState === "hidden" && changedAt !== null) take();
  };
  document.addEventListener("visibilitychange", hidden);
  return () => {
    clearTimeout(timer);
    stopListening();
    document.removeEventListener("visibilitychange", hidden);
  };
}

/** Null when there is nothing on the page, or it can't be rendered. */
async function takeThumbnail(editor: Editor): Promise<Blob | null> {
  const page = editor.getCurrentPageShapesSorted();
  const pictures = page.filter(({ type }) => type === "image").length;
  const whole = page.length <= MAX_SHAPES && pictures <= MAX_PICTURES;
  const view = editor.getViewportPageBounds();
  const box = whole ? editor.getCurrentPageBounds() : view;
  const ids = (whole ? page : page.filter((shape) => {
    const bounds = editor.getShapePageBounds(shape);
    return bounds !== undefined && view.collides(bounds);
  })).map((shape): TLShapeId => shape.id).slice(-MAX_SHAPES);
  if (box === undefined || ids.length === 0) return null;
  const scale = Math.min(1, WIDTH / (box.w + 2 * PADDING), HEIGHT / (box.h + 2 * PADDING));
  try {
    const { blob } = await editor.toImage(ids, {
      // Not every browser writes WebP.
      format: "jpeg",
      quality: QUALITY,
      scale,
      pixelRatio: 1,
      background: true,
      darkMode: false,
      padding: PADDING,
      ...(whole ? {} : { bounds: view }),
    });
    return blob;
  } catch {
    return null;
  }
}

/** It may be too early or the network away: the next change brings the next one. */
async function sendThumbnail(
  { meetingId, credential }: Pick<LiveRoom, "meetingId" | "credential">,
  picture: Blob,
): Promise<void> {
  await fetch(`/api/thumbnails/${encodeURIComponent(meetingId)}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${credential}` },
    body: picture,
  }).catch(() => {});
}
