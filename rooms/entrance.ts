/**
 * How somebody comes to a seat, and the welcome that they get there: what was judged at the door is judged again right
 * before, because meanwhile the database was asked, and the room may have changed.
 *
 * Invariant: between the last judgement and the seat nothing is awaited.
 */
import { checkNotFull, mustWait } from "./admission.ts";
import type { MonotonicMs, UnixMs } from "./clocks.ts";
import type { ClientIds } from "./client_ids.ts";
import type { Replica } from "./document/replica.ts";
import type { MeetingFields } from "./contract/document/schema.ts";
import { CLOSE, RoomError } from "./contract/errors.ts";
import type { Entry, Member } from "./member.ts";
import type { People } from "./people.ts";
import type { Identity, MeetingRecord } from "./ports.ts";
import type { RoomOptions } from "./room_options.ts";
import type { Welcome } from "./contract/protocol/messages.ts";

/** What the door decided no longer holds, and something else might: ask the door again. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}

export interface EntranceRoom {
  readonly record: MeetingRecord;
  readonly replica: Replica;
  readonly people: People;
  readonly meeting: Readonly<MeetingFields>;
}

export interface EntrancePorts
  extends Pick<RoomOptions, "store" | "limits" | "clock" | "routerRtpCapabilities"> {
  clientIds: ClientIds;
  /** @throws RoomError `over`, `unavailable`. */
  checkOpen(): void;
  /** The person by the name that everybody sees (names.ts). */
  named(identity: Identity): Promise<Identity>;
  /** The meeting was pending and is active in the store. */
  started(now: UnixMs): void;
  seat(entry: Entry, now: UnixMs): Member;
}

export interface Seated {
  member: Member;
  welcome: Welcome;
}

export class Entrance {
  /** When each person was removed, by the monotonic clock. */
  readonly #removedAt = new Map<string, MonotonicMs>();

  constructor(
    private readonly room: EntranceRoom,
    private readonly ports: EntrancePorts,
  ) {}

  /** The store has forgotten a person's links: whoever asked for a seat with one before doesn't get it. */
  removed(participantId: string): void {
    this.#removedAt.set(participantId, this.ports.clock());
  }

  /** @throws RoomError as {@linkcode Room.join} does, and {@linkcode Overtaken}. */
  async join(arriving: Entry, now: UnixMs): Promise<Seated> {
    const { clientId } = arriving;
    const entry = { ...arriving, identity: await this.ports.named(arriving.identity) };
    const { identity } = entry;
    const { participantId } = identity;
    const { people, replica, record: { meetingId } } = this.room;
    const { store, clientIds } = this.ports;
    this.#judge(entry);
    const page = people.get(participantId)?.page ?? null;
    await clientIds.bind(participantId, [clientId], { replica, page });
    const session = entry.session ?? await store.openSession(meetingId, arriving.identity);
    await entry.confirm();
    this.#judge(entry);
    if (this.room.meeting.status === "pending") {
      await store.start(meetingId, now);
      this.#judge(entry);
      if (this.room.meeting.status === "pending") this.ports.started(now);
    }
    // Nothing is awaited any more for somebody whose stay goes on.
    if (!people.isPresent(participantId)) await this.#beginStay(entry, now);
    const member = this.ports.seat(entry, now);
    return { member, welcome: this.#welcome(member, entry, session, now) };
  }

  #welcome({ person }: Member, { identity }: Entry, session: string, now: UnixMs): Welcome {
    const { meetingId, encryption } = this.room.record;
    return {
      meetingId,
      participantId: person.id,
      role: identity.role,
      name: person.fields.name,
      booked: identity.userId !== null,
      session,
      now,
      encryption,
      routerRtpCapabilities: this.ports.routerRtpCapabilities,
    };
  }

  async #beginStay(entry: Entry, now: UnixMs): Promise<void> {
    const { identity: { participantId } } = entry;
    const { store } = this.ports;
    const { people, record: { meetingId } } = this.room;
    await store.recordJoin(meetingId, entry.identity, now);
    try {
      this.#judge(entry);
    } catch (error) {
      if (!people.isPresent(participantId)) {
        await store.recordLeave(meetingId, participantId, now);
      }
      throw error;
    }
  }

  #judge({ identity, session, peer, by, since }: Entry): void {
    const { people, meeting } = this.room;
    const { participantId } = identity;
    this.ports.checkOpen();
    if (peer.closed) throw new RoomError("unavailable", "The connection was closed");
    if ((this.#removedAt.get(participantId) ?? -Infinity) >= since) {
      throw new RoomError("removed", "You were removed from this meeting");
    }
    const member = people.get(participantId)?.member ?? null;
    if (member !== null && member.since > since) {
      peer.close(CLOSE.replaced, "joined from another tab");
      throw new RoomError("conflict", "You joined from another tab meanwhile");
    }
    if (by !== "host") {
      const known = by === "passcode" ? null : identity;
      if (mustWait({ identity: known, hasSession: session !== null }, { people, meeting })) {
        throw new Overtaken("Whoever comes by the passcode has to wait now");
      }
    }
    if (!people.isPresent(participantId)) checkNotFull(identity, people, this.ports.limits);
  }
}
