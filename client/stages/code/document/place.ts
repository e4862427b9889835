/**
 * A place in a file as presence tells it: an encoded Yjs relative position in base64. The room and the replay read the same.
 */
import * as Y from "yjs";

/** Under this key of an awareness state. */
export const PRESENCE_KEY = "code";

/** A place in a text that moves with the letter before it, as a cursor does while others write. */
export function positionIn(text: Y.Text, index: number): string {
  const position = Y.createRelativePositionFromTypeIndex(text, Math.min(text.length, index), -1);
  return btoa(String.fromCharCode(...Y.encodeRelativePosition(position)));
}

/** The index in this text that a position means, or null. */
export function indexIn(text: Y.Text, position: unknown): number | null {
  if (text.doc === null || typeof position !== "string") return null;
  try {
    const bytes = Uint8Array.from(atob(position), (char) => char.charCodeAt(0));
    const relative = Y.decodeRelativePosition(bytes);
    const absolute = Y.createAbsolutePositionFromRelativePosition(relative, text.doc);
    return absolute !== null && absolute.type === text ? absolute.index : null;
  } catch {
    return null;
  }
}
