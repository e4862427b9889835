/**
 * Who looks where: awareness states, checked and passed on, never stored.
 *
 * Invariant: a state reaches others only under a client id that is bound to its sender, and names nobody else as its
 * author. Pages may take `by` for true.
 */
import { RoomError } from "./contract/errors.ts";
import type { Member } from "./member.ts";
import {
  type PresenceEntry,
  readPresence,
  writePresence,
  writePresenceFrame,
} from "./contract/protocol/frames.ts";

/** Client ids that one connection may speak for: its page, and pages that it restored. */
const MAX_STATES = 8;

/**
 * Takes in an awareness update; answers the frame for everybody else, or null when nothing is new.
 * @throws RoomError `bad-request`, `too-large`, or `update-refused` for somebody else's client id or name.
 */
export function receivePresence(
  payload: Uint8Array,
  from: Member,
  maxStateBytes: number,
): Uint8Array | null {
  const entries = readPresence(payload);
  if (entries === undefined) throw new RoomError("bad-request", "Malformed awareness update");
  const fresh: PresenceEntry[] = [];
  for (const entry of entries) {
    if (!from.ownsClient(entry.clientId)) {
      throw new RoomError("update-refused", "Awareness refused: the client id isn't yours");
    }
    if (entry.state.length > maxStateBytes) {
      throw new RoomError("too-large", `An awareness state has at most ${maxStateBytes} bytes`);
    }
    checkAuthor(entry.state, from.person.id);
    const known = from.presence.get(entry.clientId);
    const gone = entry.state === "null";
    if (known !== undefined && known.clock >= entry.clock && !gone) continue;
    if (gone) from.presence.delete(entry.clientId);
    else if (known === undefined && from.presence.size >= MAX_STATES) {
      throw new RoomError("too-large", `One page has at most ${MAX_STATES} awareness states`);
    } else from.presence.set(entry.clientId, entry);
    fresh.push(entry);
  }
  if (fresh.length === 0) return null;
  // Mostly all of it is new: then it goes on as it was read, which is known to be well-formed.
  return writePresenceFrame(fresh.length === entries.length ? payload : writePresence(fresh));
}

/** The parts of a state (a place on the board, a cursor in the code) that say whose they are must say the sender. */
function checkAuthor(text: string, participantId: string): void {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    throw new RoomError("bad-request", "An awareness state has to be JSON");
  }
  if (typeof state !== "object" || state === null) return;
  for (const part of Object.values(state)) {
    if (typeof part !== "object" || part === null || !("by" in part)) continue;
    if (part.by === participantId) continue;
    throw new RoomError("update-refused", "Awareness refused: it speaks for somebody else");
  }
}

/** Everybody else's states, for someone who has just come in; null when there are none. */
export function presenceFor(newcomer: Member, members: Iterable<Member>): Uint8Array | null {
  const entries: PresenceEntry[] = [];
  for (const member of members) {
    if (member !== newcomer) entries.push(...member.presence.values());
  }
  return entries.length === 0 ? null : writePresenceFrame(writePresence(entries));
}

/** Says that a member's states are gone; null when there were none. */
export function presenceGone(member: Member): Uint8Array | null {
  // The same clock: a higher one would swallow the first state of the page when it comes back.
  const entries = [...member.presence.values()].map((entry) => ({ ...entry, state: "null" }));
  member.presence.clear();
  return entries.length === 0 ? null : writePresenceFrame(writePresence(entries));
}
