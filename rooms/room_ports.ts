/** What a room is given: its ports, and the people who come to it. */
import type { MonotonicMs } from "./clocks.ts";
import type { LessonTime } from "./lesson_time.ts";
import type { RoomLimits } from "./limits.ts";
import type { Peer } from "./member.ts";
import type {
  ClientIdStore,
  EnvelopeStore,
  Identity,
  MeetingStore,
  RecordingPort,
  UpdateLog,
} from "./ports.ts";
import type { Welcome } from "./contract/protocol/messages.ts";
import type { RoomMedia } from "./sources.ts";

export interface RoomPorts {
  store: MeetingStore;
  log: UpdateLog;
  clientIds: ClientIdStore;
  media: RoomMedia;
  routerRtpCapabilities: Welcome["routerRtpCapabilities"];
  limits: RoomLimits;
  clock(): MonotonicMs;
  /** What the times that the room is told are of. */
  time: LessonTime;
  /** Changes wait: call `commit` within 10 ms. */
  commitDue(): void;
  /** The room is over; forget it. */
  closed(): void;
  /** Something for the operator's log. */
  report(level: "info" | "warn" | "error", message: string, fields?: Record<string, unknown>): void;
  /** Null when the meeting isn't recorded. */
  recorder: RecordingPort | null;
  /** For the keys of recordings that are encrypted end to end. */
  envelopes: EnvelopeStore | null;
}

/** Someone who is let in. */
export interface Entry {
  identity: Identity;
  /** The token they came with, or null to make one. */
  session: string | null;
  /** The Yjs client id of their page. */
  clientId: number;
  peer: Peer;
  /** What let them through the door: a link or session of theirs, the passcode alone, or a host. */
  way: "link" | "passcode" | "host";
  /** When they asked, by the room's monotonic clock. */
  since: MonotonicMs;
  /** Looks once more whether what they came with still opens the meeting. @throws RoomError */
  confirm(): Promise<void>;
}

/** Someone without a booking, known by the name that they gave. */
export function guest(name: string): Identity {
  return { participantId: crypto.randomUUID(), name, role: "student", userId: null };
}
