/**
 * A person's lessons, as the server tells them, and in which order they are shown.
 *
 * Invariant: nothing here throws for what a server or a network may do.
 */

/** Times are Unix milliseconds. */
export interface Lesson {
  meetingId: string;
  title: string;
  status: "pending" | "active" | "completed" | "cancelled";
  with: string[];
  start: number | null;
  end: number | null;
  opensAt: number | null;
  closesAt: number | null;
  hasRecording: boolean;
  /** The reader gave this lesson, and somebody came. */
  hasAnalytics: boolean;
  /** Code was written in it. */
  hasFiles: boolean;
  /** A small picture of its board is kept. */
  hasThumbnail: boolean;
}

export interface Lessons {
  name: string | null;
  timeZone: string | null;
  /** What the booking says that they read. */
  locale: string | null;
  lessons: Lesson[];
}

export type LoadAnswer = { ok: true; lessons: Lessons } | { ok: false; code: string };

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const textOf = (value: unknown) => typeof value === "string" ? value : null;

function timeOf(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? null : at;
}

const STATUSES = ["pending", "active", "completed", "cancelled"] as const;

function readLesson(fields: Fields): Lesson {
  const others = Array.isArray(fields["with"]) ? fields["with"] : [];
  return {
    meetingId: textOf(fields["meetingId"]) ?? "",
    title: textOf(fields["title"]) ?? "Lesson",
    status: STATUSES.find((status) => status === fields["status"]) ?? "pending",
    with: others.filter((name): name is string => typeof name === "string"),
    start: timeOf(fields["scheduledStart"]) ?? timeOf(fields["actualStart"]),
    end: timeOf(fields["scheduledEnd"]) ?? timeOf(fields["actualEnd"]),
    opensAt: timeOf(fields["opensAt"]),
    closesAt: timeOf(fields["closesAt"]),
    hasRecording: fields["hasRecording"] === true,
    hasAnalytics: fields["hasAnalytics"] === true,
    hasFiles: fields["hasFiles"] === true,
    hasThumbnail: fields["hasThumbnail"] === true,
  };
}

/** The page of a lesson's figures. */
export function analyticsLink(token: string, meetingId: string): string {
  return `/lessons/${encodeURIComponent(meetingId)}/analytics#${new URLSearchParams({ token })}`;
}

/** The lesson's code at its end, text by name; null when it can't be had. */
export async function loadFiles(
  token: string,
  meetingId: string,
): Promise<Record<string, string> | null> {
  const response = await ask(`/${encodeURIComponent(meetingId)}/files`, token, "GET");
  const body: unknown = await response?.json().catch(() => null);
  if (!response?.ok || !isFields(body) || !Array.isArray(body["files"])) return null;
  const files: Record<string, string> = {};
  for (const { name, text } of body["files"].filter(isFields)) {
    files[freeName(textOf(name) ?? "unnamed", files)] = textOf(text) ?? "";
  }
  return files;
}

/** Two files of one name are both kept: `main.py` and `main (2).py`. */
function freeName(name: string, taken: Readonly<Record<string, string>>): string {
  const [, stem = name, extension = ""] = /^(.+?)(\.[^.]*)?$/.exec(name) ?? [];
  let free = name;
  for (let count = 2; Object.hasOwn(taken, free); count++) free = `${stem} (${count})${extension}`;
  return free;
}

async function ask(path: string, token: string, method: "GET" | "POST"): Promise<Response | null> {
  const headers = { authorization: `Bearer ${token}` };
  return await fetch(`/api/lessons${path}`, { method, headers }).catch(() => null);
}

export async function loadLessons(token: string): Promise<LoadAnswer> {
  const response = await ask("", token, "GET");
  if (response === null) return { ok: false, code: "unreachable" };
  const body: unknown = await response.json().catch(() => null);
  const fields = isFields(body) ? body : {};
  if (!response.ok) return { ok: false, code: textOf(fields["code"]) ?? "unreachable" };
  const list = Array.isArray(fields["lessons"]) ? fields["lessons"].filter(isFields) : [];
  return {
    ok: true,
    lessons: {
      name: textOf(fields["name"]),
      timeZone: textOf(fields["timeZone"]),
      locale: textOf(fields["locale"]),
      lessons: list.map(readLesson),
    },
  };
}

/** A link into the room or to the recording of a lesson; null when there is none to be had. */
export async function askForLink(
  token: string,
  meetingId: string,
  what: "room" | "recording",
): Promise<string | null> {
  const response = await ask(`/${encodeURIComponent(meetingId)}/link`, token, "POST");
  const body: unknown = await response?.json().catch(() => null);
  return response?.ok && isFields(body) ? textOf(body[what]) : null;
}

/** Where the small picture of a lesson's board is, for the token alone. */
export function thumbnailPath(meetingId: string): string {
  return `/api/lessons/${encodeURIComponent(meetingId)}/thumbnail`;
}

/** Whether the room can be entered now. */
export function isOpen({ status, opensAt, closesAt }: Lesson, now: number): boolean {
  if (status !== "pending" && status !== "active") return false;
  return (opensAt === null || now >= opensAt) && (closesAt === null || now < closesAt);
}

/** What is to come (soonest first) and what was (latest first). A lesson without a time is open now. */
export function sortLessons(lessons: readonly Lesson[], now: number) {
  const isPast = (lesson: Lesson) =>
    lesson.status === "completed" || lesson.closesAt !== null && now >= lesson.closesAt ||
    lesson.status === "cancelled" && (lesson.end ?? 0) < now;
  const at = (lesson: Lesson) => lesson.start ?? now;
  return {
    next: lessons.filter((lesson) => !isPast(lesson)).sort((left, right) => at(left) - at(right)),
    earlier: lessons.filter(isPast).sort((left, right) => at(right) - at(left)),
  };
}

/** `in 3 days`, `in 2 h 5 min`, `in 4 min 10 s`, `now`. */
export function sayCountdown(start: number, now: number): string {
  const seconds = Math.ceil((start - now) / 1000);
  if (seconds <= 0) return "now";
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(seconds / unit));
  if (days! >= 2) return `in ${days} days`;
  if (hours! >= 1) return `in ${hours} h ${minutes! % 60} min`;
  if (minutes! >= 10) return `in ${minutes} min`;
  return minutes! >= 1 ? `in ${minutes} min ${seconds % 60} s` : `in ${seconds} s`;
}
