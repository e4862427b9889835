/**
 * Earlier lessons with the same people, as the server answers them to somebody in a lesson (PROTOCOL.md, *Beside the socket*).
 *
 * What comes was written by people in other lessons: what doesn't have its shape is left out.
 */
import type { LiveRoom } from "./live_room.ts";

export interface EarlierLesson {
  meetingId: string;
  title: string;
  people: readonly string[];
  /** Unix ms; null for one that says no time. */
  startedAt: number | null;
  hasThumbnail: boolean;
}

/** Who asks, and from which meeting. */
export type EarlierAsker = Pick<LiveRoom, "meetingId" | "credential">;

/** Newest first. Rejects with words for the person. */
export async function listEarlierLessons(asker: EarlierAsker): Promise<EarlierLesson[]> {
  const { lessons } = await askEarlierJson(asker, "");
  if (!Array.isArray(lessons)) throw new Error(NOT_LOOKED_UP);
  return lessons.flatMap(readLesson);
}

/** Asks below `/api/earlier/` of this meeting; with a body it is a POST. Rejects when there is no answer. */
export function askEarlier(asker: EarlierAsker, path: string, body?: unknown): Promise<Response> {
  return fetch(`${pathOf(asker)}${path}`, {
    headers: {
      authorization: `Bearer ${asker.credential}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
}

/** Asks for JSON. Rejects with words for the person. */
export async function askEarlierJson(
  asker: EarlierAsker,
  path: string,
): Promise<Record<string, unknown>> {
  const answer = await askEarlier(asker, path).catch(() => null);
  if (answer === null) throw new Error("There is no connection right now.");
  const told = await answer.json().catch(() => ({})) as Record<string, unknown>;
  if (answer.ok) return told;
  throw new Error(typeof told.detail === "string" ? told.detail : NOT_LOOKED_UP);
}

export function thumbnailPath(asker: EarlierAsker, earlierId: string): string {
  return `${pathOf(asker)}/${encodeURIComponent(earlierId)}/thumbnail`;
}

const NOT_LOOKED_UP = "It could not be looked up.";

function pathOf({ meetingId }: EarlierAsker): string {
  return `/api/earlier/${encodeURIComponent(meetingId)}`;
}

function readLesson(value: unknown): EarlierLesson[] {
  if (typeof value !== "object" || value === null) return [];
  const { meetingId, title, people, startedAt, hasThumbnail } = value as Record<string, unknown>;
  if (typeof meetingId !== "string") return [];
  const at = typeof startedAt === "string" ? Date.parse(startedAt) : NaN;
  return [{
    meetingId,
    title: typeof title === "string" ? title : "Lesson",
    people: Array.isArray(people) ? people.filter((name) => typeof name === "string") : [],
    startedAt: Number.isNaN(at) ? null : at,
    hasThumbnail: hasThumbnail === true,
  }];
}
