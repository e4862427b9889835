/**
 * Asks the server whether a link opens its lesson now, and what to show before joining.
 *
 * Invariant: nothing here throws for what a server or a network may do; every outcome is a {@linkcode JoinAnswer}.
 */
import type { Role } from "../../../rooms/contract/document/schema.ts";
import type { MeetingLink } from "./link.ts";

/** The lesson as it is shown before joining. Times are Unix milliseconds. */
export interface JoinInfo {
  title: string;
  scheduledStart: number | null;
  scheduledEnd: number | null;
  isRecorded: boolean;
  /** Sound and pictures are encrypted end to end. */
  isEncrypted: boolean;
  /** Whom a personal link stands for. */
  you: { name: string; role: Role; locale: string | null } | null;
  /** Names of the people who are in the room now. */
  present: string[];
  /** The host will be asked to admit. */
  willWait: boolean;
}

/**
 * Why a link doesn't open its lesson now. `code` is a RoomErrorCode, or `unreachable` when nobody answered, or `unencrypted`
 * when the server would open another lesson than was promised.
 */
export interface JoinProblem {
  code: string;
  title: string | null;
  opensAt: number | null;
  scheduledStart: number | null;
  scheduledEnd: number | null;
  retryAfterMs: number | null;
  /** The recording of a lesson that is over, for somebody who may watch it: a path on this host. */
  recordingUrl: string | null;
}

export type JoinAnswer = { ok: true; info: JoinInfo } | { ok: false; problem: JoinProblem };

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const textOf = (value: unknown) => typeof value === "string" ? value : null;

/** The path of a recording's page, of an address on whichever host. */
const recordingPath = (value: unknown) =>
  textOf(value)?.match(/^(?:https?:\/\/[^/]+)?(\/recordings\/[\w-]+)$/)?.[1] ?? null;

/** Times come as ISO 8601 or as Unix milliseconds. */
function timeOf(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value) : value;
  return typeof at === "number" && Number.isFinite(at) ? at : null;
}

function readInfo(body: Fields): JoinInfo {
  const you = isFields(body["you"]) ? body["you"] : null;
  const present = Array.isArray(body["present"]) ? body["present"] : [];
  return {
    title: textOf(body["title"]) ?? "",
    scheduledStart: timeOf(body["scheduledStart"]),
    scheduledEnd: timeOf(body["scheduledEnd"]),
    isRecorded: body["isRecorded"] === true,
    isEncrypted: body["encryption"] === "e2ee",
    you: you && {
      name: textOf(you["name"]) ?? "",
      role: you["role"] === "tutor" ? "tutor" : "student",
      locale: textOf(you["locale"]),
    },
    present: present.filter((name): name is string => typeof name === "string"),
    willWait: body["willWait"] === true,
  };
}

/** The type of a problem (RFC 9457) ends with its code. */
function readProblem(response: Response, body: Fields): JoinProblem {
  const type = textOf(body["type"])?.split(/[/:#]/).at(-1);
  const retryAfterS = Number(response.headers.get("retry-after"));
  return {
    code: textOf(body["code"]) ?? type ?? "unavailable",
    title: textOf(body["meetingTitle"]),
    opensAt: timeOf(body["opensAt"]),
    scheduledStart: timeOf(body["scheduledStart"]),
    scheduledEnd: timeOf(body["scheduledEnd"]),
    retryAfterMs: retryAfterS > 0 ? retryAfterS * 1000 : null,
    recordingUrl: recordingPath(body["recordingUrl"]),
  };
}

const UNREACHABLE: JoinProblem = {
  code: "unreachable",
  title: null,
  opensAt: null,
  scheduledStart: null,
  scheduledEnd: null,
  retryAfterMs: null,
  recordingUrl: null,
};

/** The door is open, but not to the lesson that was promised. */
export function unencrypted({ title }: JoinInfo): JoinAnswer {
  return { ok: false, problem: { ...UNREACHABLE, code: "unencrypted", title } };
}

export interface AskOptions {
  /** The token of the tab's earlier visit: somebody who was let in once doesn't wait again. */
  session?: string | null;
  /** Empty for the page's own host. */
  origin?: string;
}

export async function askToJoin(
  link: MeetingLink,
  { session = null, origin = "" }: AskOptions = {},
): Promise<JoinAnswer> {
  try {
    const response = await fetch(`${origin}/api/join`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        meetingId: link.meetingId,
        passcode: link.passcode,
        ...(link.invite !== null && { invite: link.invite }),
        ...(session !== null && { session }),
      }),
    });
    const body: unknown = await response.json().catch(() => null);
    const fields = isFields(body) ? body : {};
    if (response.ok) return { ok: true, info: readInfo(fields) };
    return { ok: false, problem: readProblem(response, fields) };
  } catch {
    return { ok: false, problem: UNREACHABLE };
  }
}
