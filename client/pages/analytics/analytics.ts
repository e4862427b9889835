/**
 * How a lesson went, as the server tells it, and in which words and shares it is shown.
 *
 * Invariant: nothing here throws for what a server or a network may do.
 */

/** Times are Unix milliseconds, `to` null while the person is in the room. */
export interface Stay {
  from: number;
  to: number | null;
}

export interface Connection {
  drops: number;
  awaySeconds: number;
  lossPercent: number | null;
  goodSeconds: number;
  fairSeconds: number;
  poorSeconds: number;
}

export interface PersonReport {
  userId: string;
  name: string;
  role: "tutor" | "student";
  seconds: number;
  stays: Stay[];
  talkSeconds: number;
  microphoneSeconds: number;
  cameraSeconds: number;
  screenSeconds: number;
  strokes: number;
  edits: number;
  runs: number;
  messages: number;
  connection: Connection;
}

export interface Analytics {
  title: string;
  live: boolean;
  start: number | null;
  end: number | null;
  seconds: number;
  extendedMinutes: number;
  people: PersonReport[];
}

export type AnalyticsAnswer = { ok: true; analytics: Analytics } | { ok: false; code: string };

/** What an address means: whose lesson, and by what right. Null for an address that is no such page's. */
export function readAddress(url: URL): { meetingId: string; token: string } | null {
  const meetingId = /^\/lessons\/([^/]{1,64})\/analytics\/?$/.exec(url.pathname)?.[1];
  if (meetingId === undefined) return null;
  return { meetingId, token: new URLSearchParams(url.hash.slice(1)).get("token") ?? "" };
}

export async function loadAnalytics(meetingId: string, token: string): Promise<AnalyticsAnswer> {
  const response = await fetch(`/api/lessons/${meetingId}/analytics`, {
    headers: { authorization: `Bearer ${token}` },
  }).catch(() => null);
  if (response === null) return { ok: false, code: "unreachable" };
  const body = fieldsOf(await response.json().catch(() => null));
  if (!response.ok) return { ok: false, code: textOf(body["code"]) || "unreachable" };
  return { ok: true, analytics: readAnalytics(body) };
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? value as Fields : {};
const listOf = (value: unknown): Fields[] => Array.isArray(value) ? value.map(fieldsOf) : [];
const textOf = (value: unknown) => typeof value === "string" ? value : "";
const countOf = (value: unknown) => Math.max(0, Number(value) || 0);

function timeOf(value: unknown): number | null {
  const at = Date.parse(textOf(value));
  return Number.isNaN(at) ? null : at;
}

export function readAnalytics(body: Fields): Analytics {
  return {
    title: textOf(body["title"]) || "Lesson",
    live: body["status"] === "active",
    start: timeOf(body["actualStart"]),
    end: timeOf(body["actualEnd"]),
    seconds: countOf(body["seconds"]),
    extendedMinutes: countOf(body["extendedMinutes"]),
    people: listOf(body["people"]).map(readPerson),
  };
}

function readPerson(fields: Fields): PersonReport {
  const connection = fieldsOf(fields["connection"]);
  const loss = connection["lossPercent"];
  const count = (name: string) => countOf(fields[name]);
  return {
    userId: textOf(fields["userId"]),
    name: textOf(fields["name"]),
    role: fields["role"] === "tutor" ? "tutor" : "student",
    seconds: count("seconds"),
    stays: listOf(fields["stays"]).flatMap(({ from, to }) => {
      const begun = timeOf(from);
      return begun === null ? [] : [{ from: begun, to: timeOf(to) }];
    }),
    talkSeconds: count("talkSeconds"),
    microphoneSeconds: count("microphoneSeconds"),
    cameraSeconds: count("cameraSeconds"),
    screenSeconds: count("screenSeconds"),
    strokes: count("strokes"),
    edits: count("edits"),
    runs: count("runs"),
    messages: count("messages"),
    connection: {
      drops: countOf(connection["drops"]),
      awaySeconds: countOf(connection["awaySeconds"]),
      lossPercent: typeof loss === "number" ? loss : null,
      goodSeconds: countOf(connection["goodSeconds"]),
      fairSeconds: countOf(connection["fairSeconds"]),
      poorSeconds: countOf(connection["poorSeconds"]),
    },
  };
}

/** `40 s`, `58 min`, `1 h 5 min`. */
export function sayDuration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0
    ? `${minutes / 60} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What was heard of each, in whole percent of all talk; 0 for all where nobody spoke. */
export function talkShares(people: readonly Pick<PersonReport, "talkSeconds">[]): number[] {
  const all = people.reduce((sum, person) => sum + person.talkSeconds, 0);
  return people.map(({ talkSeconds }) => all === 0 ? 0 : Math.round(talkSeconds / all * 100));
}

/** A connection in a sentence. */
export function sayConnection(connection: Connection): string {
  const { drops, awaySeconds, lossPercent, goodSeconds, fairSeconds, poorSeconds } = connection;
  const measured = goodSeconds + fairSeconds + poorSeconds;
  const poor = measured === 0 ? 0 : poorSeconds / measured;
  const how = measured === 0
    ? "Nothing was sent"
    : poor >= 0.25
    ? "Often poor"
    : poor >= 0.05
    ? "Poor at times"
    : fairSeconds / measured >= 0.25
    ? "Fair"
    : "Good";
  const lost = drops === 0
    ? ""
    : `, lost ${drops === 1 ? "once" : `${drops} times`} for ${sayDuration(awaySeconds)}`;
  const loss = lossPercent === null || lossPercent === 0 ? "" : `, ${lossPercent}% of packets lost`;
  return `${how}${lost}${loss}`;
}
