/**
 * What a page tells others about where its person is on the board, in the awareness state under `board`, and how it
 * becomes tldraw's presence record. Never stored. What comes from others is checked before it reaches the editor.
 */
import {
  InstancePresenceRecordType,
  type TLInstancePresence,
  type TLPresenceStateInfo,
  type TLStore,
} from "tldraw";

export const PRESENCE_KEY = "board";

const MAX_SELECTED = 60;
const MAX_SCRIBBLE_POINTS = 60;

/** Where the host asks everybody to look. `at` is the server's time in Unix ms. */
export interface Bring {
  at: number;
  page: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface BoardPresence {
  /** The participant whose page this is. */
  by: string;
  state: Partial<TLPresenceStateInfo>;
  bring: Bring | null;
}

/** Whom a presence is shown as. */
export interface PresencePerson {
  id: string;
  name: string;
  color: string;
}

/** The part of the editor's presence that others see, small enough to send often. */
export function outgoingState(state: TLPresenceStateInfo): Partial<TLPresenceStateInfo> {
  const { cursor, camera, screenBounds } = state;
  return {
    currentPageId: state.currentPageId,
    cursor: cursor ? { ...cursor, x: whole(cursor.x), y: whole(cursor.y) } : null,
    camera: camera
      ? { x: tenth(camera.x), y: tenth(camera.y), z: Number(camera.z.toFixed(4)) }
      : null,
    screenBounds: screenBounds ?? null,
    selectedShapeIds: (state.selectedShapeIds ?? []).slice(0, MAX_SELECTED),
    brush: state.brush ?? null,
    followingUserId: state.followingUserId ?? null,
    scribbles: (state.scribbles ?? []).slice(0, 2).map((scribble) => ({
      ...scribble,
      points: scribble.points.slice(-MAX_SCRIBBLE_POINTS)
        .map(({ x, y, z }) => ({ x: whole(x), y: whole(y), z: tenth(z ?? 0.5) })),
    })),
    lastActivityTimestamp: state.lastActivityTimestamp ?? null,
  };
}

/** What an awareness state says of the board, or undefined when it says nothing that can be read. */
export function readPresence(state: unknown): BoardPresence | undefined {
  if (typeof state !== "object" || state === null) return undefined;
  const presence = (state as Record<string, unknown>)[PRESENCE_KEY];
  if (typeof presence !== "object" || presence === null) return undefined;
  const { by, state: shown, bring } = presence as Partial<BoardPresence>;
  if (typeof by !== "string" || typeof shown !== "object" || shown === null) return undefined;
  return { by, state: shown, bring: readBring(bring) };
}

/** tldraw's record of somebody's cursor, selection and view; undefined when the schema refuses it. */
export function presenceRecord(
  store: TLStore,
  clientId: number,
  person: PresencePerson,
  state: Partial<TLPresenceStateInfo>,
): TLInstancePresence | undefined {
  try {
    const record = InstancePresenceRecordType.create({
      ...state,
      currentPageId: state.currentPageId as TLInstancePresence["currentPageId"],
      id: InstancePresenceRecordType.createId(String(clientId)),
      userId: person.id,
      userName: person.name,
      color: person.color,
    });
    return store.schema.validateRecord(store, record, "tests", null) as TLInstancePresence;
  } catch {
    return undefined;
  }
}

function readBring(bring: unknown): Bring | null {
  if (typeof bring !== "object" || bring === null) return null;
  const { at, page, x, y, w, h } = bring as Partial<Bring>;
  const numbers = [at, x, y, w, h];
  if (typeof page !== "string" || !numbers.every((value) => Number.isFinite(value))) return null;
  return Number(w) > 0 && Number(h) > 0 ? bring as Bring : null;
}

function whole(value: number): number {
  return Math.round(value);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
