/**
 * The code of earlier lessons with the same people, as the server answers it (PROTOCOL.md, *Beside the socket*).
 *
 * What comes was written by people in other lessons: what doesn't have a file's shape is left out.
 */
import type { TestCase } from "../../../../rooms/contract/document/schema.ts";
import type { LiveRoom } from "../../../connection/live_room.ts";

export interface EarlierLesson {
  meetingId: string;
  title: string;
  people: readonly string[];
  /** Unix ms; null for one that says no time. */
  startedAt: number | null;
}

export interface EarlierFile {
  name: string;
  text: string;
  tests: readonly TestCase[];
}

type Asker = Pick<LiveRoom, "meetingId" | "credential">;

/** Newest first. Rejects with words for the person. */
export async function earlierLessons(asker: Asker): Promise<EarlierLesson[]> {
  const { lessons } = await ask(asker, "");
  if (!Array.isArray(lessons)) return [];
  return lessons.flatMap((value: Record<string, unknown>) => {
    const { meetingId, title, people, startedAt } = value;
    if (typeof meetingId !== "string") return [];
    const at = typeof startedAt === "string" ? Date.parse(startedAt) : NaN;
    return [{
      meetingId,
      title: typeof title === "string" ? title : "Lesson",
      people: Array.isArray(people) ? people.map(String) : [],
      startedAt: Number.isNaN(at) ? null : at,
    }];
  });
}

/** A lesson's files at its end, oldest first. Rejects with words for the person. */
export async function earlierFiles(asker: Asker, earlierId: string): Promise<EarlierFile[]> {
  const { files } = await ask(asker, `/${encodeURIComponent(earlierId)}/files`);
  if (!Array.isArray(files)) return [];
  return files.flatMap(({ name, text, tests }: Record<string, unknown>) =>
    typeof name === "string" && typeof text === "string"
      ? [{ name, text, tests: Array.isArray(tests) ? tests as TestCase[] : [] }]
      : []
  );
}

async function ask(
  { meetingId, credential }: Asker,
  path: string,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`/api/earlier/${encodeURIComponent(meetingId)}${path}`, {
    headers: { authorization: `Bearer ${credential}` },
  }).catch(() => null);
  if (answer === null) throw new Error("There is no connection right now.");
  const told = await answer.json().catch(() => ({})) as Record<string, unknown>;
  if (answer.ok) return told;
  throw new Error(typeof told.detail === "string" ? told.detail : "It could not be looked up.");
}
