/**
 * Who may come in, and as whom: decided from a hello before any room is opened for it.
 *
 * Invariant: an unknown meeting and a wrong passcode are told apart by nobody; what a meeting's state is (not yet
 * open, over, cancelled) is told only to those who have its passcode or a link.
 * Invariant: someone with a valid link or session is never held up by others' wrong guesses.
 */
import type { UnixMs } from "./clocks.ts";
import { RoomError } from "./contract/errors.ts";
import type { AttemptLimiter, Identity, MeetingRecord, MeetingStore } from "./ports.ts";
import type { CheckedParamsOf } from "./contract/protocol/messages.ts";

export type Hello = CheckedParamsOf<"hello">;

export interface Visitor {
  meeting: MeetingRecord;
  /** Null for someone who only has the passcode. */
  identity: Identity | null;
  /** The session token, when that is what they came with. */
  session: string | null;
}

/** What the door asks of the store. */
export type DoorStore = Pick<
  MeetingStore,
  "find" | "findInvite" | "findSession" | "verifyPasscode"
>;

export interface DoorPorts {
  store: DoorStore;
  attempts: AttemptLimiter;
}

/** Milliseconds until a passcode may be tried again from this address; 0 when it may now. */
export function passcodeBlockedMs(
  attempts: AttemptLimiter,
  address: string,
  meetingId: string,
): number {
  return Math.max(...attemptKeys(address, meetingId).map((key) => attempts.blockedForMs(key)));
}

const attemptKeys = (address: string, meetingId: string): string[] => [
  `address:${address}`,
  `meeting:${meetingId}`,
];

/**
 * Identifies a visitor.
 * @throws RoomError `unauthorized`, `rate-limited`, `removed`, `cancelled`, `too-early` or `over`.
 */
export async function identify(
  hello: Hello,
  address: string,
  now: UnixMs,
  ports: DoorPorts,
): Promise<Visitor> {
  const { store } = ports;
  const { identity, session } = await findIdentity(hello, store);
  if (identity === null) await checkPasscode(hello, address, ports);
  const meeting = await store.find(hello.meetingId);
  if (meeting === null) throw wrongPasscode();
  checkOpen(meeting, now);
  return { meeting, identity, session };
}

/**
 * Looks once more whether a link or session still stands for this person, and the meeting is still open.
 * @throws RoomError `unauthorized`, `removed`, `cancelled`, `too-early` or `over`.
 */
export async function confirm(
  hello: Hello,
  visitor: Visitor,
  now: UnixMs,
  store: Omit<DoorStore, "verifyPasscode">,
): Promise<void> {
  if (visitor.identity !== null) {
    const { identity } = await findIdentity(hello, store);
    if (identity?.participantId !== visitor.identity.participantId) throw wrongPasscode();
  }
  const meeting = await store.find(hello.meetingId);
  if (meeting === null) throw wrongPasscode();
  checkOpen(meeting, now);
}

/** @throws RoomError `removed`. */
async function findIdentity(
  hello: Hello,
  store: Omit<DoorStore, "verifyPasscode">,
): Promise<Pick<Visitor, "identity" | "session">> {
  const bySession = hello.session === undefined
    ? null
    : await store.findSession(hello.meetingId, hello.session);
  const byInvite = bySession === null && hello.invite !== undefined
    ? await store.findInvite(hello.meetingId, hello.invite)
    : null;
  const identity = bySession ?? byInvite;
  if (identity === "revoked") {
    throw new RoomError("removed", "You were removed from this meeting");
  }
  return { identity, session: bySession === null ? null : hello.session ?? null };
}

async function checkPasscode(
  hello: Hello,
  address: string,
  { store, attempts }: DoorPorts,
): Promise<void> {
  const blockedMs = passcodeBlockedMs(attempts, address, hello.meetingId);
  if (blockedMs > 0) {
    const seconds = Math.ceil(blockedMs / 1000);
    throw new RoomError("rate-limited", `Too many wrong passcodes. Try again in ${seconds} s.`);
  }
  if (await store.verifyPasscode(hello.meetingId, hello.passcode)) return;
  for (const key of attemptKeys(address, hello.meetingId)) attempts.fail(key);
  throw wrongPasscode();
}

function wrongPasscode(): RoomError {
  return new RoomError("unauthorized", "This passcode doesn't open the meeting");
}

function checkOpen(meeting: MeetingRecord, now: number): void {
  if (meeting.status === "cancelled") {
    throw new RoomError("cancelled", "This meeting was cancelled");
  }
  if (meeting.status === "completed" || meeting.closesAt !== null && now >= meeting.closesAt) {
    throw new RoomError("over", "This meeting is over");
  }
  if (meeting.opensAt !== null && now < meeting.opensAt) {
    const at = new Date(meeting.opensAt).toISOString();
    throw new RoomError("too-early", `This meeting opens at ${at}`);
  }
}
