/**
 * The people in front of the door, oldest first, until a host admits or refuses them. Hosts see each change.
 */
import type { MonotonicMs } from "./clocks.ts";
import type { Audience } from "./audience.ts";
import { CLOSE, RoomError } from "./contract/errors.ts";
import { encodeNotice, type Entry, guest, type Member, type Peer } from "./member.ts";
import type { NoticeParams, Welcome } from "./contract/protocol/messages.ts";

/** Someone who has to wait. */
export interface Arrival {
  readonly name: string;
  /** The Yjs client id that the page will write under. */
  readonly clientId: number;
  readonly peer: Peer;
  /** Called with the seat, before anything is sent about it. */
  onAdmitted(member: Member): void;
}

interface Waiter extends Arrival {
  readonly ticket: string;
  readonly since: number;
  /** A host has let them in, and they are being seated. */
  admitted: boolean;
}

export interface WaitingRoomPorts {
  /** How many may wait. */
  limit: number;
  audience: Audience;
  /** A monotonic clock in milliseconds. */
  clock(): MonotonicMs;
  /** Seats someone, as {@linkcode Room.join} does. */
  join(entry: Entry, now: number): Promise<{ member: Member; welcome: Welcome }>;
  greet(member: Member): void;
  /** The name that hosts see of somebody who isn't booked (names.ts). */
  shown(name: string): string;
}

export class WaitingRoom {
  readonly #waiters = new Map<string, Waiter>();

  constructor(private readonly ports: WaitingRoomPorts) {}

  get size(): number {
    return this.#waiters.size;
  }

  get peers(): Peer[] {
    return [...this.#waiters.values()].map((waiter) => waiter.peer);
  }

  /** Puts someone on the list; answers their ticket. @throws RoomError `full`. */
  wait(arrival: Arrival, now: number): string {
    if (this.#waiters.size >= this.ports.limit) {
      throw new RoomError("full", "Too many people are waiting already");
    }
    const ticket = crypto.randomUUID();
    this.#waiters.set(ticket, { ...arrival, ticket, since: now, admitted: false });
    this.show();
    return ticket;
  }

  /** The socket of someone who waited is gone. */
  giveUp(ticket: string): void {
    if (this.#waiters.delete(ticket)) this.show();
  }

  /**
   * Lets someone in. Until they sit they are on the list, so that they can still be refused, give up, and hear of the end.
   * @throws RoomError `not-found`, or as `join` does; then they go on waiting.
   */
  async admit(ticket: string, now: number): Promise<void> {
    const waiter = this.#find(ticket);
    const { name, clientId, peer } = waiter;
    waiter.admitted = true;
    const { member, welcome } = await this.ports.join({
      identity: guest(name),
      session: null,
      clientId,
      peer,
      by: "host",
      since: this.ports.clock(),
      confirm: () => Promise.resolve(),
    }, now).catch((error) => {
      waiter.admitted = false;
      // They gave up, or another host has refused them.
      throw this.#waiters.has(ticket) ? error : noLongerWaiting();
    });
    this.#waiters.delete(ticket);
    this.show();
    waiter.onAdmitted(member);
    peer.sendText(encodeNotice("admission.admitted", { welcome }));
    this.ports.greet(member);
  }

  /** Sends someone away. @throws RoomError `not-found`. */
  refuse(ticket: string): void {
    const { peer } = this.#find(ticket, { admitted: true });
    this.#waiters.delete(ticket);
    peer.sendText(encodeNotice("admission.refused", {}));
    peer.close(CLOSE.removed, "refused");
    this.show();
  }

  /** Tells those who still wait that the meeting is over. */
  farewell(ending: NoticeParams<"meeting.ended">): void {
    const text = encodeNotice("meeting.ended", ending);
    for (const peer of this.peers) peer.sendText(text);
  }

  /** What hosts are told. */
  notice(): NoticeParams<"admission.waiting"> {
    const waiting = [...this.#waiters.values()]
      .map(({ ticket, name, since }) => ({ ticket, name: this.ports.shown(name), since }));
    return { waiting };
  }

  #find(ticket: string, or: { admitted: boolean } = { admitted: false }): Waiter {
    const waiter = this.#waiters.get(ticket);
    if (waiter === undefined || waiter.admitted && !or.admitted) {
      throw noLongerWaiting();
    }
    return waiter;
  }

  /** Tells hosts who waits. */
  show(): void {
    this.ports.audience.notifyHosts("admission.waiting", this.notice());
  }
}

function noLongerWaiting(): RoomError {
  return new RoomError("not-found", "This person no longer waits");
}
