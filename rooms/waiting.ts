/** The people in front of the door, oldest first, until a host admits or refuses them. */
import { RoomError } from "./errors.ts";
import type { Member, Peer } from "./member.ts";
import type { NoticeParams } from "./protocol/messages.ts";

export interface Waiter {
  readonly ticket: string;
  readonly name: string;
  readonly since: number;
  /** The Yjs client id that the page will write under. */
  readonly clientId: number;
  readonly peer: Peer;
  /** Called with the seat, before anything is sent about it. */
  onAdmitted(member: Member): void;
}

export class WaitingList {
  readonly #waiters = new Map<string, Waiter>();

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.#waiters.size;
  }

  /** @throws RoomError `full`. */
  add(waiter: Waiter): void {
    if (this.#waiters.size >= this.limit) {
      throw new RoomError("full", "Too many people are waiting already");
    }
    this.#waiters.set(waiter.ticket, waiter);
  }

  /** Takes one person off the list. @throws RoomError `not-found` when they are gone. */
  take(ticket: string): Waiter {
    const waiter = this.#waiters.get(ticket);
    if (waiter === undefined) throw new RoomError("not-found", "This person no longer waits");
    this.#waiters.delete(ticket);
    return waiter;
  }

  /** True when the person still waited. */
  drop(ticket: string): boolean {
    return this.#waiters.delete(ticket);
  }

  all(): Waiter[] {
    return [...this.#waiters.values()];
  }

  /** What hosts are told. */
  notice(): NoticeParams<"admission.waiting"> {
    return { waiting: this.all().map(({ ticket, name, since }) => ({ ticket, name, since })) };
  }
}
