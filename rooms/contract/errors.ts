/**
 * The refusals that a peer may see, and the WebSocket close codes that carry them.
 *
 * Anything thrown that is not a {@linkcode RoomError} is our bug: it closes with 1011 and no text.
 */

/** Stable, machine-readable reasons. They are part of the protocol: add, never rename. */
export const ROOM_ERROR_CODES = [
  "bad-request",
  "protocol-version",
  "unauthorized",
  "forbidden",
  "not-found",
  "conflict",
  "locked",
  "removed",
  "refused",
  "too-early",
  "over",
  "cancelled",
  "full",
  "too-large",
  "rate-limited",
  "update-refused",
  "unavailable",
  "unreadable",
] as const;

export type RoomErrorCode = (typeof ROOM_ERROR_CODES)[number];

/** What people read who come to a meeting that can't be opened. */
export const UNREADABLE =
  "This lesson can't be opened: the server can't read what is stored of it. What is stored stays as it is, and " +
  "whoever runs this server finds the reason in its log. Come back later, or ask your tutor for another lesson.";

/** A refusal that the peer may see. Anything else thrown is our bug, and closes 1011 without text. */
export class RoomError extends Error {
  override readonly name = "RoomError";
  constructor(readonly code: RoomErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** WebSocket close codes (RFC 6455 §7.4.2: 4000–4999 are private use). */
export const CLOSE = {
  /** The peer left or the meeting ended in the ordinary way. */
  normal: 1000,
  /** The server goes down for a restart: come back soon. */
  restarting: 1012,
  /** Our bug. */
  internal: 1011,
  badRequest: 4400,
  unauthorized: 4401,
  removed: 4403,
  /** No hello came, or no sign of life. */
  timeout: 4408,
  /** The same person joined from another tab. */
  replaced: 4409,
  ended: 4410,
  tooLarge: 4413,
  /** An update was refused: come back with a fresh document and a fresh client id. */
  updateRefused: 4422,
  /** Too many messages, or a reader too slow to keep up with. Come back and resync. */
  overrun: 4429,
} as const;
