/**
 * A meeting that is open on this node: its people, its document, its door, its end.
 *
 * Time is passed in, the lesson's own (lesson_time.ts); sockets and storage are ports; {@linkcode Room.tick} does what is due.
 * Invariant: nobody but a seated {@linkcode Member} reads or writes the document.
 */
import { mustWait } from "./admission.ts";
import { Audience } from "./audience.ts";
import type { ClientIds } from "./client_ids.ts";
import { Activity } from "./activity.ts";
import type { MonotonicMs } from "./clocks.ts";
import { ClosingTime } from "./closing_time.ts";
import type { Deadline } from "./deadlines.ts";
import type { Replica } from "./document/replica.ts";
import { type MeetingFields, readMeeting } from "./contract/document/schema.ts";
import { Teardown } from "./teardown.ts";
import { Entrance, type Seated } from "./entrance.ts";
import { CLOSE } from "./contract/errors.ts";
import { takeFrame } from "./incoming_frames.ts";
import { KeyExchange } from "./key_exchange.ts";
import { type Entry, Member } from "./member.ts";
import { initialMeeting, type Loaded, loadMeeting } from "./load_meeting.ts";
import { Names } from "./names.ts";
import { Outage } from "./outage.ts";
import { People, type Person } from "./people.ts";
import type { Permissions } from "./contract/permissions.ts";
import type { EndReason, Identity, MeetingRecord } from "./ports.ts";
import type { RoomOptions } from "./room_options.ts";
import { RecordingControl } from "./recording_control.ts";
import { WaitingRoom } from "./waiting_room.ts";
import { Sources } from "./sources.ts";
import { MeetingState } from "./meeting_state.ts";

export class Room {
  readonly replica: Replica;
  readonly people: People;
  readonly sources: Sources;
  readonly #names: Names;
  /** The people in front of the door. */
  readonly waitingRoom: WaitingRoom;
  readonly #clientIds: ClientIds;
  readonly audience: Audience;
  /** Null when the meeting isn't recorded. */
  readonly recording: RecordingControl | null;
  /** Null when the meeting isn't encrypted end to end. */
  readonly keys: KeyExchange | null;
  readonly #meetingState: MeetingState;
  readonly #teardown: Teardown;
  readonly #entrance: Entrance;
  #emptySince: MonotonicMs | null;
  readonly closingTime: ClosingTime;
  readonly activity: Activity;
  readonly #outage: Outage;

  private constructor(
    readonly record: MeetingRecord,
    private readonly ports: RoomOptions,
    { replica, clientIds }: Loaded,
    custodian: string | null,
    now: number,
  ) {
    this.replica = replica;
    const { recorder } = ports;
    this.audience = new Audience(ports.limits, (frame) => recorder?.presence(frame));
    this.recording = recorder === null ? null : new RecordingControl({
      recorder,
      checkpoint: async (now) => ({ seq: await replica.checkpoint(now), at: now }),
      state: () => this.meeting.recording,
      show: (recording, now) => {
        this.#meetingState.now = Math.max(this.#meetingState.now, now);
        this.change({ recording });
      },
      failed: (what, error) =>
        ports.report("error", `Recording: ${what} failed`, { meetingId: record.meetingId, error }),
      clock: ports.clock,
    });
    this.keys = record.encryption === "transport" ? null : new KeyExchange({
      meetingId: record.meetingId,
      envelopes: recorder === null ? null : ports.envelopes,
      custodian,
      reopened: readMeeting(replica.doc).startedAt !== null,
    });
    this.#clientIds = clientIds;
    this.people = new People(clientIds, ports.limits, ports.clock);
    this.people.restore(replica.doc);
    this.#names = new Names(() => ports.store.booked(record.meetingId));
    this.#meetingState = new MeetingState(
      {
        replica,
        people: this.people,
        policyChanged: () => this.#enforcePolicy(),
        shown: ({ id, fields }) => this.activity.shown(id, fields, ports.clock()),
      },
      initialMeeting(record, replica.doc),
      now,
    );
    this.closingTime = new ClosingTime(record, ports);
    this.activity = new Activity({
      meetingId: record.meetingId,
      store: ports.store,
      failed: (error) => this.#notKept("activity", error),
    });
    this.activity.watch(replica.doc);
    this.#emptySince = this.people.present().length === 0 ? ports.clock() : null;
    this.waitingRoom = new WaitingRoom({
      limit: ports.limits.waiting,
      audience: this.audience,
      clock: ports.clock,
      join: (entry, now) => this.join(entry, now),
      greet: (member) => this.greet(member),
      shown: (name) => this.#names.shown({ participantId: "", name }),
    });
    this.#outage = new Outage({
      meetingId: record.meetingId,
      replica,
      audience: this.audience,
      retryMs: ports.limits.retryMs,
      clock: ports.clock,
      report: ports.report,
      rebuilt: () => this.#rebuilt(),
    });
    this.sources = new Sources({
      media: ports.media,
      changed: (person) => this.show(person),
      muted: (person, muted) =>
        void this.#keep("mute", ports.store.recordMuted(record.meetingId, person.id, muted)),
    });
    this.#teardown = new Teardown(this, this.#meetingState, ports);
    this.#entrance = new Entrance(this, {
      ...ports,
      clientIds,
      checkOpen: () => this.#teardown.checkOpen(),
      named: async (identity) => {
        await this.nameGuests();
        return { ...identity, name: this.#names.shown(identity) };
      },
      started: (now) => this.#started(now),
      seat: (entry, now) => this.#seat(entry, now),
    });
  }

  /** Loads the meeting from the log. Whoever was in it has the usual time to come back. */
  static async open(record: MeetingRecord, ports: RoomOptions): Promise<Room> {
    const [{ time }, { meetingId }] = [ports, record];
    // The replica may speak before the room stands: only loading happens until then.
    let room: Room | null = null;
    const loaded = await loadMeeting(meetingId, ports, {
      commitDue: ports.commitDue,
      committed(updates, stored) {
        room?.audience.relay(updates, stored, ports.clock());
      },
      dropped(cause, error) {
        if (room !== null) room.#outage.begin(cause, error, room.#meetingState.now);
      },
      listenerFailed: (error) => ports.report("error", "A listener failed", { meetingId, error }),
    }, time.now());
    // A lesson that goes on never goes back, whatever the machine's clock says after a restart.
    if (record.status === "active") time.follow(loaded.replica.loggedAt);
    const custodian = record.encryption === "e2ee" && ports.recorder !== null
      ? await ports.envelopes?.custodian(meetingId) ?? null
      : null;
    room = new Room(record, ports, loaded, custodian, time.now());
    room.#meetingState.showAll();
    // A lesson that was going on when the server went down.
    if (room.meeting.status === "active") room.recording?.begin(time.now());
    return room;
  }

  get meetingId(): string {
    return this.record.meetingId;
  }

  get meeting(): Readonly<MeetingFields> {
    return this.#meetingState.meeting;
  }

  get isOpen(): boolean {
    return this.#teardown.isOpen;
  }

  /** Resolves when everything is stored and everybody is gone. */
  get over(): Promise<void> {
    return this.#teardown.over;
  }

  // Coming and going

  /** Learns who is booked by now, and tells guests apart from them. Call it before somebody waits. */
  async nameGuests(): Promise<void> {
    if (!await this.#names.refresh() || !this.isOpen) return;
    this.#meetingState.rename(this.#names);
    this.waitingRoom.show();
  }

  /** Whether a visitor has to wait for a host. @throws RoomError `locked`, `over`. */
  mustWait(identity: Identity | null, hasSession: boolean): boolean {
    this.#teardown.checkOpen();
    return mustWait({ identity, hasSession }, this);
  }

  /**
   * Seats someone. Another connection of the same person that asked earlier gives way.
   * @throws RoomError `full`, `locked`, `removed`, `conflict` when the client id is another's, `over` or `unavailable`
   * when the room closed meanwhile, and `Overtaken` when they have to wait now.
   */
  join(entry: Entry, now: number): Promise<Seated> {
    return this.#entrance.join(entry, now);
  }

  #started(now: number): void {
    this.#meetingState.now = now;
    this.change({ status: "active", startedAt: now });
    this.recording?.begin(now);
  }

  #seat({ identity, clientId, peer, since }: Entry, now: number): Member {
    this.#meetingState.now = now;
    const person = this.people.enter(identity, now);
    const earlier = person.member;
    // A reload has a new client id, and nothing of the old page's media; a lost socket keeps it all.
    if (person.page !== clientId) this.#releaseMedia(person);
    person.page = clientId;
    const member = new Member(person, peer, clientId, this.permissionsOf(person), since);
    person.member = member;
    if (earlier !== null) {
      this.audience.unseat(earlier);
      earlier.peer.close(CLOSE.replaced, "joined from another tab");
    }
    this.audience.seat(member);
    this.keys?.settle();
    this.#emptySince = null;
    this.show(person);
    return member;
  }

  /** What a member is told right after the welcome. */
  greet(member: Member): void {
    this.audience.question(this.replica, [member]);
    if (member.may.host && this.waitingRoom.size > 0) {
      member.notify("admission.waiting", this.waitingRoom.notice());
    }
    const warning = this.closingTime.warning();
    if (warning !== null) member.notify("meeting.warning", warning);
  }

  /** The socket is gone; the person has some time to come back. */
  disconnected(member: Member, now: number): void {
    this.audience.unseat(member);
    if (member.person.member !== member) return;
    const { person } = member;
    person.member = null;
    if (!this.isOpen || person.fields.connection === "left") return;
    this.#meetingState.now = now;
    person.awaySince = this.ports.clock();
    this.keys?.settle();
    person.fields = { ...person.fields, connection: "reconnecting" };
    this.show(person);
  }

  /** The person leaves for good (until they join again). */
  async leave(person: Person, now: number, removed = false): Promise<void> {
    this.#meetingState.now = now;
    if (person.fields.connection === "left") return;
    const { member } = person;
    person.member = null;
    person.asked.clear();
    if (member !== null) this.audience.unseat(member);
    this.keys?.left(person, removed);
    this.#releaseMedia(person);
    person.fields = { ...person.fields, connection: "left", hand: null };
    this.show(person);
    if (this.people.present().length === 0) this.#emptySince = this.ports.clock();
    await this.#keep("leave", this.ports.store.recordLeave(this.meetingId, person.id, now));
  }

  /** Puts a person out and keeps them out. */
  async remove(person: Person, by: Person, now: number): Promise<void> {
    await this.ports.store.removeParticipant(this.meetingId, person.id);
    this.#entrance.removed(person.id);
    const { member } = person;
    member?.notify("participant.removed", { by: by.fields.name });
    member?.peer.close(CLOSE.removed, "removed");
    if (!person.booked && !this.meeting.policy.waitingRoom) {
      // The passcode alone would let them in again.
      this.change({ policy: { ...this.meeting.policy, waitingRoom: true } });
    }
    await this.leave(person, now, true);
  }

  /** Lets a person write under more client ids. @throws RoomError `conflict`. */
  claim({ id, page }: Person, clientIds: readonly number[]): Promise<void> {
    return this.#clientIds.bind(id, clientIds, { replica: this.replica, page });
  }

  // What members send

  /** Takes a binary frame. @throws RoomError as {@linkcode takeFrame} does. */
  receive(member: Member, frame: Uint8Array, now: number): void {
    this.#meetingState.now = now;
    takeFrame(frame, member, this, { now, elapsed: this.ports.clock() });
  }

  // What the room says

  permissionsOf(person: Person): Permissions {
    return this.#meetingState.permissionsOf(person);
  }

  /** Changes the meeting; a new policy holds from here on. */
  change(fields: Partial<MeetingFields>): void {
    this.#meetingState.change(fields);
  }

  /** Shows a person's fields in the document. */
  show(person: Person): void {
    this.#meetingState.show(person);
  }

  /** Resolves when what was changed so far is stored. @throws RoomError `unavailable`. */
  settled(): Promise<void> {
    return this.replica.settled();
  }

  // Time

  /** Commits what waits. Never rejects. */
  commit(now: number): Promise<void> {
    this.#meetingState.now = now;
    return this.replica.commit(now);
  }

  /** Does what is due. Call it a few times a second. */
  async tick(now: number): Promise<void> {
    if (!this.isOpen) return;
    this.#meetingState.now = now;
    const { clock, limits: { reconnectMs } } = this.ports;
    this.audience.settleDebts(clock());
    for (const person of this.people.present()) {
      if (person.member === null && clock() - person.awaySince >= reconnectMs) {
        await this.leave(person, now);
      }
    }
    await this.#outage.tick(now);
    this.recording?.tick(now);
    await this.activity.tick(clock());
    const emptySince = this.waitingRoom.size > 0 ? null : this.#emptySince;
    const emptyMs = emptySince === null ? null : clock() - emptySince;
    await this.#meet(this.closingTime.due(emptyMs));
  }

  async #meet(deadline: Deadline): Promise<void> {
    if (deadline === null) return;
    if (deadline.due === "warning") {
      const warning = this.closingTime.warning();
      if (warning !== null) this.audience.notify("meeting.warning", warning);
    } else if (deadline.due === "empty" && this.meeting.status === "pending") {
      await this.#teardown.abandon();
    } else {
      await this.end(deadline.due, null, this.#meetingState.now);
    }
  }

  /** Ends the meeting for all. `by` is a name. */
  end(reason: EndReason, by: string | null, now: number): Promise<void> {
    return this.#teardown.end(reason, by, now);
  }

  /** The server goes down: everybody is told, and everything is stored. People count as still here. */
  drain(now: number): Promise<void> {
    return this.#teardown.drain(now);
  }

  // Inside

  #releaseMedia(person: Person): void {
    this.ports.media.release(person.id);
    this.sources.unpublishedAll(person);
  }

  #enforcePolicy(): void {
    for (const member of this.audience.members) member.may = this.permissionsOf(member.person);
    this.sources.enforceShares(this.people.present(), (person) => this.permissionsOf(person));
  }

  #rebuilt(): void {
    if (!this.isOpen) return;
    this.activity.watch(this.replica.doc);
    this.#meetingState.showAll();
    this.ports.commitDue();
  }

  /** The room goes on when a side note can't be kept. */
  #keep(what: string, done: Promise<void>): Promise<void> {
    return done.catch((error) => this.#notKept(what, error));
  }

  #notKept(what: string, error: unknown): void {
    this.ports.report("error", `Not kept: ${what}`, { meetingId: this.meetingId, error });
  }
}
