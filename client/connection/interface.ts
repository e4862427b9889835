/**
 * What the screens and the media layer know of one person's connection to a meeting.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { RoomErrorCode } from "../../rooms/contract/errors.ts";
import type {
  Method,
  NoticeMethod,
  NoticeParams,
  ParamsOf,
  ResultOf,
  Welcome,
} from "../../rooms/contract/protocol/messages.ts";
import type { Link, LiveRoom, Participant } from "./live_room.ts";

export interface ConnectionOptions {
  meetingId: string;
  passcode: string;
  /** From the link's fragment. */
  invite?: string;
  /** Wanted display name; for an invite it defaults to the booked name. */
  name?: string;
  /** The lesson was promised to be encrypted end to end: with a server that says otherwise nothing is begun. */
  isEncrypted?: boolean;
}

/** Someone who waits to be admitted, as hosts see them. */
export interface Waiting {
  ticket: string;
  name: string;
  /** Unix ms by the server's clock. */
  since: number;
}

/** Edits that were refused are kept here for the person to take along; the room itself starts afresh. */
export interface KeptEdits {
  /** What the person had typed in code files that the server never stored: file name → whole text. */
  files: ReadonlyMap<string, string>;
  /** How many changes were not stored. */
  changes: number;
}

/** Where the person stands. `in` lasts through network losses: see `room.link` for those. */
export type Phase =
  | { phase: "connecting" }
  | { phase: "waiting"; title: string }
  /** `room` is another object after an update was refused: mount the room anew by its identity. */
  | { phase: "in"; room: JoinedRoom }
  /** Nobody let the person in: `refused` by the host, or any other code (`unauthorized`, `too-early`, `locked`, …). */
  | { phase: "refused"; code: RoomErrorCode; message: string }
  | {
    phase: "ended";
    reason: NoticeParams<"meeting.ended">["reason"];
    by: string | null;
    recordingUrl: string | null;
  }
  | { phase: "removed"; by: string | null }
  /** The same person joined from another tab; `MeetingConnection.retry` takes the place back. */
  | { phase: "replaced" }
  | { phase: "left" }
  /** The server says that the lesson isn't encrypted, and it was, or was promised to be. */
  | { phase: "unencrypted" }
  /** It won't mend by itself; `MeetingConnection.retry` starts over. */
  | { phase: "error"; message: string };

/** A room that the person is in. */
export interface JoinedRoom extends LiveRoom {
  readonly encryption: Welcome["encryption"];
  /** Work that could not be merged when this room replaced an earlier one, or null. */
  readonly kept: KeptEdits | null;
}

/** What the media layer needs of the connection. It outlives a {@linkcode JoinedRoom}. */
export interface MediaConnection {
  readonly link: ReadonlySignal<Link>;
  /** What the newest hello answered: another object after each reconnect; null before the first. */
  readonly welcome: ReadonlySignal<Welcome | null>;
  readonly participants: ReadonlySignal<readonly Participant[]>;
  request<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>>;
  on<M extends NoticeMethod>(method: M, listener: (params: NoticeParams<M>) => void): () => void;
}

export interface MeetingConnection extends MediaConnection {
  readonly phase: ReadonlySignal<Phase>;
  /** Host: who waits to be admitted now, oldest first. */
  readonly waiting: ReadonlySignal<readonly Waiting[]>;
  /** The newest warning of the room's end; it may have come before anybody listened. */
  readonly closing: ReadonlySignal<NoticeParams<"meeting.warning"> | null>;
  /** Leaves for good: tells the server, closes, phase `left`. */
  leave(): Promise<void>;
  /** Starts over after `replaced`, `refused`, `left` or `error`. */
  retry(): void;
  /** Drops everything without a word, for a page that goes away. */
  close(): void;
}
