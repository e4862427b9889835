/** Where people's cursors were in the code, read from their presence. Malformed presence is passed over. */
import * as Y from "yjs";
import { indexIn as indexOfPlace, PRESENCE_KEY } from "../../../stages/code/document/place.ts";
import type { Presence } from "../recording/presence.ts";

export interface PlaceInCode {
  by: string;
  fileId: string;
  head: unknown;
}

/** One place a person. */
export function placesAt(presence: Presence, atMs: number): PlaceInCode[] {
  const places = new Map<string, PlaceInCode>();
  for (const { state } of presence.at(atMs)) {
    const place = state[PRESENCE_KEY];
    if (typeof place !== "object" || place === null) continue;
    const { by, fileId, head } = place as Record<string, unknown>;
    if (typeof by === "string" && typeof fileId === "string") places.set(by, { by, fileId, head });
  }
  return [...places.values()];
}

/** The index in this text that a place means, or null. Early recordings hold relative positions as objects. */
export function indexIn(text: Y.Text, position: unknown): number | null {
  if (typeof position !== "object") return indexOfPlace(text, position);
  if (text.doc === null || position === null) return null;
  try {
    const relative = Y.createRelativePositionFromJSON(position);
    const absolute = Y.createAbsolutePositionFromRelativePosition(relative, text.doc);
    return absolute !== null && absolute.type === text ? absolute.index : null;
  } catch {
    return null;
  }
}
