/** What one room is made with: the ports that all rooms share (`ports.ts`), its media, its limits, and whom it calls. */
import type { MonotonicMs } from "./clocks.ts";
import type { Welcome } from "./contract/protocol/messages.ts";
import type { LessonTime } from "./lesson_time.ts";
import type { RoomLimits } from "./limits.ts";
import type {
  ClientIdStore,
  EnvelopeStore,
  MeetingStore,
  RecordingPort,
  UpdateLog,
} from "./ports.ts";
import type { RoomMedia } from "./sources.ts";

export interface RoomOptions {
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
