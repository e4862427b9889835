/**
 * The seated members of a room, and what is passed between them.
 *
 * Invariant: a member gets changes and awareness only once the document was sent to them.
 */
import * as Y from "yjs";
import type { MonotonicMs } from "./clocks.ts";
import type { CommittedUpdate, Replica, StoredClock, Writer } from "./document/replica.ts";
import { RoomError } from "./contract/errors.ts";
import { encodeNotice, Member, type Peer } from "./member.ts";
import { presenceFor, presenceGone, receivePresence } from "./presence.ts";
import { writeSyncStep1, writeSyncStep2, writeUpdates } from "./contract/protocol/frames.ts";
import type { NoticeMethod, NoticeParams } from "./contract/protocol/messages.ts";

export class Audience {
  readonly #members = new Set<Member>();

  constructor(
    private readonly limits: { presenceBytes: number; savedMs: number },
    /** Gets every awareness frame that is passed on. */
    private readonly onPresence: (frame: Uint8Array) => void = () => {},
  ) {}

  get members(): ReadonlySet<Member> {
    return this.#members;
  }

  get peers(): Peer[] {
    return [...this.#members].map((member) => member.peer);
  }

  seat(member: Member): void {
    this.#members.add(member);
  }

  /** Takes a member's seat and awareness away. */
  unseat(member: Member): void {
    if (!this.#members.delete(member)) return;
    const gone = presenceGone(member);
    if (gone === null) return;
    this.#sendToOthers(member, gone);
    this.onPresence(gone);
  }

  clear(): void {
    this.#members.clear();
  }

  notify<M extends NoticeMethod>(method: M, params: NoticeParams<M>): void {
    const text = encodeNotice(method, params);
    for (const member of this.#members) member.peer.sendText(text);
  }

  notifyHosts<M extends NoticeMethod>(method: M, params: NoticeParams<M>): void {
    const text = encodeNotice(method, params);
    for (const member of this.#members) if (member.may.host) member.peer.sendText(text);
  }

  /** Tells that the meeting is over. Only those who may watch its recording are told where it is. */
  farewell(ending: NoticeParams<"meeting.ended">): void {
    for (const member of this.#members) {
      const recordingUrl = member.person.booked ? ending.recordingUrl : null;
      member.notify("meeting.ended", { ...ending, recordingUrl });
    }
  }

  /** Asks for what a member, or everybody, has and the document lacks. */
  question(replica: Replica, members: Iterable<Member> = this.#members): void {
    if (!replica.usable) return;
    const question = writeSyncStep1(Y.encodeStateVector(replica.doc));
    for (const member of members) member.peer.sendFrame(question);
  }

  /** Answers a member's state vector as soon as the log allows. @throws RoomError `bad-request`. */
  answer(replica: Replica, member: Member, stateVector: Uint8Array): void {
    try {
      Y.decodeStateVector(stateVector);
    } catch {
      throw new RoomError("bad-request", "Malformed state vector");
    }
    replica.ask(member, stateVector, (update) => {
      if (!this.#members.has(member)) return;
      member.peer.sendFrame(writeSyncStep2(update));
      if (member.synced) return;
      member.synced = true;
      const presence = presenceFor(member, this.#members);
      if (presence !== null) member.peer.sendFrame(presence);
    });
  }

  /** Passes a member's awareness on. @throws RoomError as {@linkcode receivePresence} does. */
  presence(member: Member, payload: Uint8Array): void {
    const news = receivePresence(payload, member, this.limits.presenceBytes);
    if (news === null) return;
    this.#sendToOthers(member, news);
    this.onPresence(news);
  }

  /** Passes a committed group on to everybody but the authors of its parts, who are told that it is stored. */
  relay(
    updates: readonly CommittedUpdate[],
    stored: ReadonlyMap<Writer, StoredClock[]>,
    now: MonotonicMs,
  ): void {
    if (updates.length > 0) this.#sendUpdates(updates);
    for (const [writer, clocks] of stored) {
      if (writer instanceof Member && this.#members.has(writer)) {
        writer.stored(clocks, now, this.limits.savedMs);
      }
    }
  }

  /** Sends the `saved` notices that were held back and are due. */
  settleDebts(now: MonotonicMs): void {
    for (const member of this.#members) member.settleDebt(now, this.limits.savedMs);
  }

  #sendUpdates(updates: readonly CommittedUpdate[]): void {
    const [first] = updates;
    let whole: Uint8Array | null = null;
    for (const member of this.#members) {
      if (!member.synced) continue;
      // Mostly a group is one change.
      if (updates.length === 1 && first?.from === member) continue;
      const others = updates.filter((update) => update.from !== member);
      if (others.length === updates.length) member.peer.sendFrame(whole ??= frameOf(updates));
      else if (others.length > 0) member.peer.sendFrame(frameOf(others));
    }
  }

  #sendToOthers(sender: Member, frame: Uint8Array): void {
    for (const member of this.#members) {
      if (member !== sender && member.synced) member.peer.sendFrame(frame);
    }
  }
}

function frameOf(updates: readonly CommittedUpdate[]): Uint8Array {
  return writeUpdates(updates.map(({ update }) => update));
}
