/**
 * How a room goes: by the end of its meeting, with its server, or because nobody came.
 *
 * Invariant: whatever ends it, everything is stored before the last peer is let go, and it ends once.
 */
import type { Activity } from "./activity.ts";
import type { Audience } from "./audience.ts";
import type { Replica } from "./document/replica.ts";
import { CLOSE, RoomError } from "./contract/errors.ts";
import { encodeNotice, type Peer } from "./member.ts";
import type { People } from "./people.ts";
import type { EndReason, MeetingRecord } from "./ports.ts";
import type { RoomOptions } from "./room_options.ts";
import type { RecordingControl } from "./recording_control.ts";
import type { WaitingRoom } from "./waiting_room.ts";
import type { Sources } from "./sources.ts";
import type { MeetingState } from "./meeting_state.ts";

/** What there is of a room to be brought to its end. */
export interface TeardownRoom {
  readonly record: MeetingRecord;
  readonly replica: Replica;
  readonly people: People;
  readonly sources: Sources;
  readonly audience: Audience;
  readonly waitingRoom: WaitingRoom;
  readonly recording: RecordingControl | null;
  readonly activity: Activity;
}

export class Teardown {
  #state: "open" | "ending" | "closed" = "open";
  /** Closed because the meeting is over, not the server's work. */
  #ended = false;
  readonly #over = Promise.withResolvers<void>();

  constructor(
    private readonly room: TeardownRoom,
    private readonly shown: MeetingState,
    private readonly ports: Pick<RoomOptions, "store" | "media" | "report" | "closed" | "clock">,
  ) {}

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Resolves when everything is stored and everybody is gone. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** @throws RoomError `over`, or `unavailable` when the room closed and the meeting goes on. */
  checkOpen(): void {
    if (this.isOpen) return;
    throw this.#ended
      ? new RoomError("over", "This meeting is over")
      : new RoomError("unavailable", "The server is restarting");
  }

  /** Ends the meeting for all. `by` is a name. */
  async end(reason: EndReason, by: string | null, now: number): Promise<void> {
    if (!this.isOpen) return;
    const { people, sources, activity, audience, waitingRoom, record: { meetingId } } = this.room;
    const { shown, ports: { store, report } } = this;
    shown.now = now;
    for (const person of people.present()) {
      person.fields = { ...person.fields, connection: "left", hand: null };
      sources.unpublishedAll(person);
      shown.show(person);
    }
    const recorded = shown.meeting.recording.state !== "off";
    shown.change({
      status: reason === "cancelled" ? "cancelled" : "completed",
      ...(recorded ? { recording: { state: "off", since: now } } : {}),
    });
    this.#state = "ending";
    this.#ended = true;
    // Whoever hears of the end may ask for the figures at once.
    await activity.keep(this.ports.clock());
    if (reason !== "cancelled") {
      await store.complete(meetingId, now, reason)
        .catch((error) => report("error", "Not kept: end", { meetingId, error }));
    }
    const recordingUrl = await this.room.recording?.end(now) ?? null;
    audience.farewell({ reason, by, recordingUrl });
    waitingRoom.farewell({ reason, by, recordingUrl: null });
    await this.#close(CLOSE.ended, reason);
  }

  /** The server goes down: everybody is told, and everything is stored. People count as still here. */
  async drain(now: number): Promise<void> {
    if (!this.isOpen) return;
    this.shown.now = now;
    const text = encodeNotice("server.restarting", {});
    for (const peer of this.#peers()) peer.sendText(text);
    await this.room.activity.keep(this.ports.clock());
    await this.room.recording?.suspend();
    await this.#close(CLOSE.restarting, "restarting");
  }

  /** Nobody ever came in: the lesson may still happen. */
  abandon(): Promise<void> {
    return this.#close(CLOSE.normal, "nobody came");
  }

  async #close(code: number, reason: string): Promise<void> {
    this.#state = "closed";
    const { replica, audience } = this.room;
    const { media, report, closed } = this.ports;
    await replica.close(this.shown.now)
      .catch((error) => report("error", "Document not stored at close", { error }));
    for (const peer of this.#peers()) peer.close(code, reason);
    audience.clear();
    media.close();
    closed();
    this.#over.resolve();
  }

  #peers(): Peer[] {
    return [...this.room.audience.peers, ...this.room.waitingRoom.peers];
  }
}
