/**
 * What rooms need from outside, as interfaces: stores, which `db` implements, the recorder, the log, and who may try again.
 * `main.ts` hands them over; `room_options.ts` is what a single room is given of them.
 */
import type { MeetingStatus, Policy, Role } from "./contract/document/schema.ts";
import type { Locale } from "./contract/words/locales.ts";

/** One committed update of a meeting's document. */
export interface LogRow {
  seq: number;
  /** Unix ms at which the server applied it. */
  at: number;
  update: Uint8Array;
}

export interface Snapshot {
  /** The last row that the state contains. */
  seq: number;
  at: number;
  /** `Y.encodeStateAsUpdate` of the document. */
  state: Uint8Array;
}

/** The append-only log of a meeting's document. Resolves only when the rows are durable. */
export interface UpdateLog {
  /** Appends in order, as one commit; answers the seq of the last row. */
  append(meetingId: string, rows: readonly { at: number; update: Uint8Array }[]): Promise<number>;
  /** The newest snapshot (or null) and every later row, oldest first. */
  load(meetingId: string): Promise<{ snapshot: Snapshot | null; rows: LogRow[] }>;
  saveSnapshot(meetingId: string, snapshot: Snapshot): Promise<void>;
  /** Makes snapshots anew that can't be read, where the log has all of them; answers how many. */
  repairSnapshots(meetingId: string): Promise<number>;
}

/** A moment of a meeting's log: the last row before it, and when it was (Unix ms). */
export interface LogPoint {
  seq: number;
  at: number;
}

/** Keeps the recording of one meeting. The log up to each point is stored, with a snapshot. */
export interface RecordingPort {
  /**
   * Begins, or takes up what an earlier start of the server began. Rejects with a {@linkcode RoomError} `over` when
   * there is nothing to go on with, and with anything else when it can be tried again.
   */
  begin(point: LogPoint, paused: boolean): Promise<void>;
  /** At once, no media is kept any more. */
  hold(): void;
  pause(point: LogPoint): Promise<void>;
  resume(point: LogPoint): Promise<void>;
  /** Completes it; answers where it can be watched, or null when there is none. */
  end(point: LogPoint): Promise<string | null>;
  /** Lets go of it, to be taken up again. */
  suspend(): Promise<void>;
  /** Somebody's awareness frame (see protocol/frames.ts). */
  presence(frame: Uint8Array): void;
}

/** Which participant each Yjs client id belongs to. Bindings survive reconnects, reloads and restarts. */
export interface ClientIdStore {
  /** All bindings of a meeting. */
  load(meetingId: string): Promise<Map<number, string>>;
  /** Binds; resolves false when another participant holds the id. */
  bind(meetingId: string, clientId: number, participantId: string): Promise<boolean>;
  /** Forgets bindings of ids that nothing was written under. */
  release(meetingId: string, clientIds: readonly number[]): Promise<void>;
}

/** A booked meeting, as a room needs it. Times are Unix milliseconds. */
export interface MeetingRecord {
  meetingId: string;
  title: string;
  status: MeetingStatus;
  encryption: "e2ee" | "transport";
  isRecorded: boolean;
  scheduledStart: number | null;
  scheduledEnd: number | null;
  actualStart: number | null;
  actualEnd: number | null;
  policy: Policy;
  /** Links work from here on; null when the meeting has no schedule. */
  opensAt: number | null;
  /** Links stop working and a running meeting is closed; null when it has no schedule. */
  closesAt: number | null;
  /** What the host added to the end; `closesAt` contains it. */
  extendedMs: number;
}

/** Who a link or a session stands for. The participant id is the same each time the person comes back. */
export interface Identity {
  participantId: string;
  name: string;
  role: Role;
  /** The booking system's id of the person; null for a guest. */
  userId: string | null;
  /** What the booking says that they read; absent for a guest. */
  locale?: Locale | null;
}

/** Who is booked, and as whom. */
export interface BookedName {
  participantId: string;
  name: string;
}

/** Meetings, people and their links. Tokens are opaque and stored hashed. */
export interface MeetingStore {
  find(meetingId: string): Promise<MeetingRecord | null>;
  /** Compares in constant time; false for an unknown meeting too. */
  verifyPasscode(meetingId: string, passcode: string): Promise<boolean>;
  findInvite(meetingId: string, token: string): Promise<Identity | "revoked" | null>;
  findSession(meetingId: string, token: string): Promise<Identity | "revoked" | null>;
  /** Tutor and students of the booking, also those who were removed. */
  booked(meetingId: string): Promise<BookedName[]>;
  /** Makes a session token for one person, for coming back without waiting again. */
  openSession(meetingId: string, identity: Identity): Promise<string>;
  /** Revokes the person's invite and sessions: they can't come back with them. */
  removeParticipant(meetingId: string, participantId: string): Promise<void>;
  recordJoin(meetingId: string, identity: Identity, at: number): Promise<void>;
  recordLeave(meetingId: string, participantId: string, at: number): Promise<void>;
  recordMuted(meetingId: string, participantId: string, muted: boolean): Promise<void>;
  /** Adds to what is known of what people did. */
  recordActivity(
    meetingId: string,
    rows: readonly { participantId: string; counts: ActivityCounts }[],
  ): Promise<void>;
  /** pending → active. */
  start(meetingId: string, at: number): Promise<void>;
  /**
   * Moves the end of an active meeting with a schedule by `byMs`, `mostMs` in all; answers where it stands then, or
   * null when that would be more.
   */
  extend(
    meetingId: string,
    extension: { byMs: number; mostMs: number; at: number },
  ): Promise<{ closesAt: number; extendedMs: number } | null>;
  /** active or pending → completed; everybody's left_at is set where it is not. */
  complete(meetingId: string, at: number, reason?: EndReason): Promise<void>;
}

/** What one person did since it was last recorded. Names that end in `Ms` are milliseconds, others counts. */
export interface ActivityCounts {
  talkMs: number;
  /** Microphone, camera and screen: sent and let through. */
  audioMs: number;
  videoMs: number;
  screenMs: number;
  /** The connection was lost for so long, so often. */
  awayMs: number;
  drops: number;
  /** Things put on the board, changes of code, programs run, chat messages. */
  strokes: number;
  edits: number;
  runs: number;
  messages: number;
  /** What arrived of them at the server, and for how long how well. */
  packets: number;
  packetsLost: number;
  goodMs: number;
  fairMs: number;
  poorMs: number;
}

export type EndReason = "ended" | "timeout" | "empty" | "cancelled";

/** What HTTP may ask of the rooms that are open on this node. */
export interface RoomDirectory {
  /** Names of the people in the room now, joined first first. */
  present(meetingId: string): string[];
  /** What the host allows now; null when the room is not open. */
  policy(meetingId: string): Policy | null;
  /** Tells everyone, closes the room, completes the meeting. Does nothing when it is not open. */
  end(meetingId: string, reason: EndReason, by: string | null): Promise<void>;
}

/** A secret wrapped under the one named by `by`, or to the custodian (null); see encryption/wrapping.ts. */
export interface KeyEnvelope {
  by: string | null;
  of: string;
  /** base64url. */
  wrapped: string;
}

/** What a recording's readers need to decrypt it. Nothing in it can be read without a secret that isn't there. */
export interface EnvelopeStore {
  /** Resolves when they are durable; false when the meeting would have more than `limit`. */
  add(meetingId: string, envelopes: readonly KeyEnvelope[], limit: number): Promise<boolean>;
  /** The public key of the API client that booked the meeting, or null. */
  custodian(meetingId: string): Promise<string | null>;
}

/** Counts failed attempts by key (an address, a meeting), to slow guessing down. */
export interface AttemptLimiter {
  /** Milliseconds until the key may try again; 0 when it may now. */
  blockedForMs(key: string): number;
  fail(key: string): void;
}
