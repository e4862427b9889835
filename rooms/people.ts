/**
 * Who is in the meeting: the truth that the `participants` root shows.
 *
 * Invariant: a person is the same object, with the same id and client ids, each time they come back.
 */
import {
  MEDIA_SOURCES,
  type MediaSource,
  NO_MEDIA,
  type ParticipantFields,
  readParticipant,
} from "./contract/document/schema.ts";
import { participantEntries } from "./contract/document/reading.ts";
import type { ClientIds } from "./client_ids.ts";
import type { MonotonicMs, UnixMs } from "./clocks.ts";
import type { Member } from "./member.ts";
import type { Identity } from "./ports.ts";
import { TokenBucket } from "./token_bucket.ts";
import type * as Y from "yjs";

export interface Person {
  readonly id: string;
  fields: ParticipantFields;
  /** The open connection, or null. */
  member: Member | null;
  /** The client id of the page that was here last: another one is a reload. */
  page: number | null;
  /** Since when there is no connection; meaningless while there is one. */
  awaySince: MonotonicMs;
  /** Milliseconds of work that their changes may still cost. */
  readonly effort: TokenBucket;
  /** Yjs client ids bound to this person. */
  readonly clientIds: Set<number>;
  /** Sources that the host asked for: the owner may resume them whatever the policy says. */
  readonly asked: Set<MediaSource>;
  /** Came with a personal link of the booking, not by the passcode alone. */
  booked: boolean;
}

export class People {
  readonly #people = new Map<string, Person>();

  constructor(
    private readonly clientIds: ClientIds,
    private readonly limits: { effortMsPerSecond: number; effortBurstMs: number },
    private readonly clock: () => MonotonicMs,
  ) {}

  /** Takes over what the document says. Whoever was in the room is absent from now on. */
  restore(doc: Y.Doc): void {
    for (const [id, entry] of participantEntries(doc)) {
      const fields = readParticipant(entry);
      if (fields.connection === "online") fields.connection = "reconnecting";
      for (const source of MEDIA_SOURCES) {
        fields[source] = { ...fields[source], producerId: null };
      }
      this.#add(id, fields, false);
    }
  }

  get(id: string): Person | undefined {
    return this.#people.get(id);
  }

  /** Here or reconnecting. */
  isPresent(id: string): boolean {
    const person = this.#people.get(id);
    return person !== undefined && person.fields.connection !== "left";
  }

  all(): Iterable<Person> {
    return this.#people.values();
  }

  /** Here or reconnecting, joined first first. */
  present(): Person[] {
    return [...this.#people.values()]
      .filter((person) => person.fields.connection !== "left")
      .sort((a, b) => a.fields.joinedAt - b.fields.joinedAt);
  }

  /** Everybody who ever came in. */
  get size(): number {
    return this.#people.size;
  }

  /** The person of this identity, online. A newcomer's and a returner's stay begins `now`. */
  enter(identity: Identity, now: UnixMs): Person {
    const known = this.#people.get(identity.participantId);
    const { name, role } = identity;
    const person = known ??
      this.#add(identity.participantId, newcomer(identity, now), identity.userId !== null);
    if (person.fields.connection === "left") person.fields.joinedAt = now;
    person.booked = identity.userId !== null;
    person.fields = { ...person.fields, name, role, connection: "online" };
    return person;
  }

  #add(id: string, fields: ParticipantFields, booked: boolean): Person {
    const { effortMsPerSecond, effortBurstMs } = this.limits;
    const now = this.clock();
    const person: Person = {
      id,
      fields,
      member: null,
      page: null,
      awaySince: now,
      effort: new TokenBucket(effortMsPerSecond, effortBurstMs, now),
      clientIds: this.clientIds.of(id),
      asked: new Set(),
      booked,
    };
    this.#people.set(id, person);
    return person;
  }
}

function newcomer({ name, role }: Identity, now: number): ParticipantFields {
  return {
    name,
    role,
    joinedAt: now,
    connection: "online",
    hand: null,
    audio: NO_MEDIA,
    video: NO_MEDIA,
    screen: NO_MEDIA,
    screenAudio: NO_MEDIA,
  };
}
