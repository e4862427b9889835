/**
 * The security code: what people compare by voice to know that nobody stands between them.
 *
 * It covers each participant's id and public key, so a server that gives different keys to different people gives them
 * different codes. It is stretched, because whoever swaps keys may try very many to find two codes that are alike:
 * 66 bits need 2³³ keys on each side (a birthday), each at the price of {@linkcode ITERATIONS} rounds, within one call.
 */
import { type Bytes, concat, info } from "./secret.ts";

export const CODE_WORDS = 6;
/** Length of {@linkcode peopleDigest}. */
export const PEOPLE_BYTES = 16;
/** A word is one of 2048. */
export const WORD_BITS = 11;
const ITERATIONS = 100_000;
const BITS = 72;
const text = new TextEncoder();

export interface CodedPerson {
  participantId: string;
  publicKey: Bytes;
}

/** The code's words as numbers from 0 to 2047; the order in which people are given doesn't matter. */
export async function securityCode(
  meetingId: string,
  people: readonly CodedPerson[],
): Promise<number[]> {
  const password = await digestPeople("code", meetingId, people);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const bits = new Uint8Array(
    await crypto.subtle.deriveBits(
      { name: "PBKDF2", hash: "SHA-256", salt: info("code salt"), iterations: ITERATIONS },
      key,
      BITS,
    ),
  );
  let rest = bits.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n) >>
    BigInt(BITS - CODE_WORDS * WORD_BITS);
  const words: number[] = [];
  for (let word = 0; word < CODE_WORDS; word++) {
    words.unshift(Number(rest & 2047n));
    rest >>= BigInt(WORD_BITS);
  }
  return words;
}

/** Stands for exactly these people: what an epoch's secret is handed over with, so that it is used for nobody else. */
export async function peopleDigest(
  meetingId: string,
  people: readonly CodedPerson[],
): Promise<Bytes> {
  const digest = await digestPeople("people", meetingId, people);
  return new Uint8Array(digest.slice(0, PEOPLE_BYTES));
}

function digestPeople(
  label: string,
  meetingId: string,
  people: readonly CodedPerson[],
): Promise<ArrayBuffer> {
  const entries = people
    .map(({ participantId, publicKey }) => info("member", text.encode(participantId), publicKey))
    .sort(compareBytes);
  return crypto.subtle.digest(
    "SHA-256",
    concat([info(label, text.encode(meetingId)), ...entries]),
  );
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    if (a[at] !== b[at]) return a[at]! - b[at]!;
  }
  return a.length - b.length;
}
