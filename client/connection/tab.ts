/**
 * What a tab knows of its place in a meeting: the token that brings it back as the same person, and how it sat there.
 *
 * It lives in sessionStorage, so that a second tab is a second arrival. The lobby reads it too: nothing of the room's
 * program may be needed here.
 * Invariant: a browser that forbids storage loses the memory, never the lesson.
 */

/** A tab that opens another person's link is another person: what it knows belongs to the link. */
export interface PersonalLink {
  meetingId: string;
  invite?: string;
}

/** What was switched on when the page was last in the room. */
export interface Seat {
  microphone: boolean;
  camera: boolean;
}

const keyOf = (what: "session" | "seat", { meetingId, invite = "" }: PersonalLink) =>
  `lectern:${what}:${meetingId}:${invite}`;

export function tabToken(link: PersonalLink): string | null {
  return read(keyOf("session", link));
}

export function setTabToken(link: PersonalLink, token: string | null): void {
  write(keyOf("session", link), token);
}

/** Null when this tab was not in the room, or left it. */
export function tabSeat(link: PersonalLink): Seat | null {
  const text = read(keyOf("seat", link));
  if (text === null) return null;
  const words = text.split(" ");
  return { microphone: words.includes("microphone"), camera: words.includes("camera") };
}

export function setTabSeat(link: PersonalLink, seat: Seat | null): void {
  const words = seat === null ? null : ["in"];
  if (seat?.microphone) words?.push("microphone");
  if (seat?.camera) words?.push("camera");
  write(keyOf("seat", link), words?.join(" ") ?? null);
}

/** Whether this tab was promised that a meeting is encrypted end to end, by whichever link: then it goes into no other. */
export function tabPromise(meetingId: string): boolean {
  return read(promiseKey(meetingId)) !== null;
}

/** It can't be taken back. */
export function setTabPromise(meetingId: string): void {
  write(promiseKey(meetingId), "e2ee");
}

const promiseKey = (meetingId: string) => `lectern:encryption:${meetingId}`;

/** Even to name the storage throws where it is forbidden. */
function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // Forbidden or full.
  }
}
