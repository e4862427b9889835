/**
 * The meeting document: which root types exist, what they hold, and who may write them.
 *
 * What clients write has a shape: that of the board is in schema_board.ts, that of files and runs in schema_code.ts.
 *
 * Everything that people see in the room except video and audio is in one `Y.Doc`.
 * Invariant: the roots named here are the only ones; the guard refuses an update that touches another.
 */
import type * as Y from "yjs";
import { WHITEBOARD } from "./schema_board.ts";
import { FILES, RUNS } from "./schema_code.ts";
import type { Shape } from "./shape.ts";

export type { FileFields, RunDisplay, RunFields, TestCase, TestResult } from "./schema_code.ts";

/** Root name → kind of Yjs type. */
export const ROOTS = {
  meeting: "map",
  participants: "map",
  chat: "array",
  whiteboard: "map",
  files: "map",
  runs: "array",
} as const;

export type RootName = keyof typeof ROOTS;

/** What clients may write into each root; nothing into those that have no shape here. */
export const SHAPES: ReadonlyMap<string, Shape> = new Map<RootName, Shape>([
  ["whiteboard", WHITEBOARD],
  ["files", FILES],
  ["runs", RUNS],
]);

/** Roots that only the server writes; clients change them through commands. */
export const SERVER_ROOTS: ReadonlySet<string> = new Set<RootName>([
  "meeting",
  "participants",
  "chat",
]);

export type Role = "tutor" | "student";
export type MeetingStatus = "pending" | "active" | "completed" | "cancelled";

/** Who may do a thing: everybody, the host only, or the host and the participants named by id. */
export type Grantees = "everyone" | "host" | string[];

/** What the host allows. Held whole under `meeting.policy`. */
export interface Policy {
  draw: Grantees;
  edit: Grantees;
  run: Grantees;
  share: Grantees;
  chat: Grantees;
  /** Who may end the meeting for everybody: the host alone, or everybody who is booked. A guest never may. */
  end: "host" | "booked";
  /** People without an invite wait until the host admits them. */
  waitingRoom: boolean;
  /** A participant muted by the host may unmute alone. */
  selfUnmute: boolean;
}

export const DEFAULT_POLICY: Policy = {
  draw: "everyone",
  edit: "everyone",
  run: "everyone",
  share: "everyone",
  chat: "everyone",
  end: "booked",
  waitingRoom: true,
  selfUnmute: true,
};

/** Why nothing is kept although it should be: the disk is full, or what keeps it doesn't work. */
export type RecordingTrouble = "disk-full" | "storage";

export interface RecordingState {
  state: "off" | "recording" | "paused";
  /** Unix ms since which the state holds. */
  since: number;
  /** No media can be kept now. Absent while all is well. */
  trouble?: RecordingTrouble;
}

/** The `meeting` root, key by key. Times are Unix milliseconds. */
export interface MeetingFields {
  title: string;
  status: MeetingStatus;
  startedAt: number | null;
  endsAt: number | null;
  recording: RecordingState;
  locked: boolean;
  policy: Policy;
}

export const MEDIA_SOURCES = ["audio", "video", "screen", "screenAudio"] as const;
export type MediaSource = (typeof MEDIA_SOURCES)[number];

/** One of a participant's sources, as everybody may know it. Replaced whole, never edited in place. */
export interface MediaState {
  /** The producer to consume, or null while there is none. */
  producerId: string | null;
  /** What the participant wants: false is muted, camera off, not sharing. */
  on: boolean;
  /** The host stopped it: the server forwards nothing until it is resumed. */
  stoppedByHost: boolean;
}

export const NO_MEDIA: MediaState = { producerId: null, on: false, stoppedByHost: false };

export type ConnectionState = "online" | "reconnecting" | "left";

/** One entry of `participants`: a Y.Map with these keys. Times are Unix milliseconds. */
export interface ParticipantFields {
  name: string;
  role: Role;
  joinedAt: number;
  connection: ConnectionState;
  /** When the hand went up, or null. */
  hand: number | null;
  audio: MediaState;
  video: MediaState;
  screen: MediaState;
  screenAudio: MediaState;
}

/** One entry of `chat`: a Y.Map with these keys. */
export interface ChatMessage {
  id: string;
  /** Participant id of the author. */
  from: string;
  /** The author's name at that time, so that the replay needs no look-up. */
  name: string;
  text: string;
  /** Unix ms by the server's clock. */
  at: number;
}

/** A Y.Map seen through its field interface. Y.Map's own typing knows one value type only. */
export interface TypedMap<T> {
  get<K extends keyof T & string>(key: K): T[K] | undefined;
  set<K extends keyof T & string>(key: K, value: T[K]): T[K];
  has(key: keyof T & string): boolean;
}

/** Creates every root with its kind, so that the guard and `toJSON` see the same types. Idempotent. */
export function openRoots(doc: Y.Doc): void {
  for (const [name, kind] of Object.entries(ROOTS)) {
    if (kind === "map") doc.getMap(name);
    else doc.getArray(name);
  }
}

// What clients write is read by reading.ts: older documents may hold anything there.
export const meetingOf = (doc: Y.Doc): Y.Map<unknown> => doc.getMap("meeting");
export const participantsOf = (doc: Y.Doc): Y.Map<Y.Map<unknown>> => doc.getMap("participants");
export const chatOf = (doc: Y.Doc): Y.Array<Y.Map<unknown>> => doc.getArray("chat");
export const whiteboardOf = (doc: Y.Doc): Y.Map<unknown> => doc.getMap("whiteboard");
export const filesOf = (doc: Y.Doc): Y.Map<unknown> => doc.getMap("files");
export const runsOf = (doc: Y.Doc): Y.Array<unknown> => doc.getArray("runs");

/** Reads one participant as a plain value. Missing keys take their neutral value. */
export function readParticipant(map: Y.Map<unknown>): ParticipantFields {
  const field = <T>(key: string, fallback: T): T => (map.get(key) as T | undefined) ?? fallback;
  return {
    name: field("name", ""),
    role: field<Role>("role", "student"),
    joinedAt: field("joinedAt", 0),
    connection: field<ConnectionState>("connection", "left"),
    hand: field<number | null>("hand", null),
    audio: field("audio", NO_MEDIA),
    video: field("video", NO_MEDIA),
    screen: field("screen", NO_MEDIA),
    screenAudio: field("screenAudio", NO_MEDIA),
  };
}

/** Reads the `meeting` root as a plain value. */
export function readMeeting(doc: Y.Doc): MeetingFields {
  const map = meetingOf(doc);
  const field = <T>(key: string, fallback: T): T => (map.get(key) as T | undefined) ?? fallback;
  return {
    title: field("title", ""),
    status: field<MeetingStatus>("status", "pending"),
    startedAt: field<number | null>("startedAt", null),
    endsAt: field<number | null>("endsAt", null),
    recording: field<RecordingState>("recording", { state: "off", since: 0 }),
    locked: field("locked", false),
    policy: { ...DEFAULT_POLICY, ...field<Partial<Policy>>("policy", {}) },
  };
}
