/** Who of those that the door let through comes straight in, who waits for a host, and for whom there is no room. Pure. */
import type { MeetingFields } from "./contract/document/schema.ts";
import { RoomError } from "./contract/errors.ts";
import type { People } from "./people.ts";
import type { Identity } from "./ports.ts";

/**
 * Whether a visitor has to wait for a host.
 * @throws RoomError `locked`.
 */
export function mustWait(
  { identity, hasSession }: { identity: Identity | null; hasSession: boolean },
  { people, meeting }: { people: People; meeting: Readonly<MeetingFields> },
): boolean {
  const known = identity !== null && people.get(identity.participantId) !== undefined;
  const host = identity?.role === "tutor";
  if (meeting.locked && !hasSession && !known && !host) {
    throw new RoomError("locked", "The host has locked this meeting");
  }
  return identity === null && meeting.policy.waitingRoom;
}

/** Checks that there is a seat for somebody who isn't here. @throws RoomError `full`. */
export function checkNotFull(
  { participantId }: Identity,
  people: People,
  limits: { participants: number; people: number },
): void {
  const known = people.get(participantId) !== undefined;
  if (
    people.present().length >= limits.participants || !known && people.size >= limits.people
  ) {
    throw new RoomError("full", "This meeting is full");
  }
}
