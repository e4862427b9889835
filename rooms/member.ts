/** One connection of one person, as the room sees it: let in as an entry, then a member. */
import type { MonotonicMs } from "./clocks.ts";
import type { StoredClock, Writer } from "./document/replica.ts";
import type { RootName } from "./contract/document/schema.ts";
import type { Person } from "./people.ts";
import { mayWriteRoot, type Permissions } from "./contract/permissions.ts";
import type { Identity } from "./ports.ts";
import type { PresenceEntry } from "./contract/protocol/frames.ts";
import type { NoticeMethod, NoticeParams } from "./contract/protocol/messages.ts";

/** The other end of a socket. Sending to a closed one does nothing. */
export interface Peer {
  sendFrame(frame: Uint8Array): void;
  sendText(text: string): void;
  readonly closed: boolean;
  /** Nothing is sent or received afterwards. */
  close(code: number, reason: string): void;
}

/** A notice as it goes over the wire. */
export function encodeNotice<M extends NoticeMethod>(method: M, params: NoticeParams<M>): string {
  return JSON.stringify({ method, params });
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
  by: "link" | "passcode" | "host";
  /** When they asked, by the room's monotonic clock. */
  since: MonotonicMs;
  /** Looks once more whether what they came with still opens the meeting. @throws RoomError */
  confirm(): Promise<void>;
}

/** Someone without a booking, known by the name that they gave. */
export function guest(name: string): Identity {
  return { participantId: crypto.randomUUID(), name, role: "student", userId: null };
}

/** A peer that was let in. It is also the origin of the changes that arrive through it. */
export class Member implements Writer {
  /** The document was sent: from then on its changes are. */
  synced = false;
  /** Latest awareness state of each client id that spoke here. */
  readonly presence = new Map<number, PresenceEntry>();
  #told = new Map<number, number>();
  #owed: readonly StoredClock[] | null = null;
  #toldAt: MonotonicMs = -Infinity;

  constructor(
    readonly person: Person,
    readonly peer: Peer,
    readonly clientId: number,
    public may: Permissions,
    /** When this connection asked for its seat, by the room's monotonic clock. */
    readonly since: MonotonicMs,
  ) {}

  get clientIds(): ReadonlySet<number> {
    return this.person.clientIds;
  }

  mayWrite(root: RootName): boolean {
    return mayWriteRoot(root, this.may);
  }

  ownsClient(clientId: number): boolean {
    return this.person.clientIds.has(clientId);
  }

  spend(workMs: number, now: MonotonicMs): void {
    this.person.effort.spend(workMs, now);
  }

  notify<M extends NoticeMethod>(method: M, params: NoticeParams<M>): void {
    this.peer.sendText(encodeNotice(method, params));
  }

  /** Tells what is stored, at once or when `savedMs` have passed since the last time. */
  stored(clocks: readonly StoredClock[], now: MonotonicMs, savedMs: number): void {
    this.#owed = clocks;
    this.settleDebt(now, savedMs);
  }

  settleDebt(now: MonotonicMs, savedMs: number): void {
    if (this.#owed === null || now - this.#toldAt < savedMs) return;
    const news = this.#owed.filter(([id, clock]) =>
      // A deletion moves no clock, so the page's own id is told even when it stands still.
      id === this.clientId || this.#told.get(id) !== clock && clock > 0
    );
    for (const [id, clock] of news) this.#told.set(id, clock);
    this.#owed = null;
    this.#toldAt = now;
    this.notify("saved", { clocks: news });
  }
}
