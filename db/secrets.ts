/**
 * How ids, passcodes and tokens are made, hashed and compared.
 *
 * Tokens and keys carry 192 random bits, so a plain SHA-256 is enough to store them: there is nothing to guess
 * from the hash. Comparisons take the same time whatever differs.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 32 characters that can't be mistaken for each other when read aloud or typed: 5 bits each. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const MEETING_ID_CHARS = 12;
const RECORDING_ID_CHARS = 16;
const PASSCODE_CHARS = 10;
const TOKEN_BYTES = 24;

/** 60 random bits. */
export function makeMeetingId(): string {
  return readable(MEETING_ID_CHARS);
}

/** 80 random bits: it stands in addresses, and opens nothing by itself. */
export function makeRecordingId(): string {
  return readable(RECORDING_ID_CHARS);
}

/** 50 random bits: with attempts limited, out of reach of guessing. */
export function makePasscode(): string {
  return readable(PASSCODE_CHARS);
}

/** 60 random bits; who a person is in the meeting document. */
export function makeParticipantId(): string {
  return readable(MEETING_ID_CHARS);
}

/** 192 random bits, for invites, sessions and API keys. */
export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

export function hashSecret(secret: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(secret).digest());
}

/** Whether two secrets are equal, in time that depends on neither. */
export function secretsEqual(left: string, right: string): boolean {
  return timingSafeEqual(hashSecret(left), hashSecret(right));
}

function readable(length: number): string {
  let text = "";
  for (const byte of randomBytes(length)) text += ALPHABET[byte % ALPHABET.length];
  return text;
}
