/**
 * Secrets of end-to-end encryption, and everything that is derived from them (ENCRYPTION.md, *Key schedule*).
 *
 * A secret is 16 random bytes: that of an epoch, of which each sender's frame key is derived, or that of a recording, which
 * wraps the epochs'. Both have an id that is derived from them, so an id can't be claimed for another secret.
 * Invariant: every derivation has a label and length-prefixed inputs of its own; no two uses share a key.
 */

export type Bytes = Uint8Array<ArrayBuffer>;

export const SECRET_BYTES = 16;

/** Raised when any derivation or layout changes. It is part of every label and of every frame. */
export const ENCRYPTION_VERSION = 1;

const ID_BYTES = 8;
const KEY_BITS = 128;
const NO_SALT: Bytes = new Uint8Array(32);
const text = new TextEncoder();

export interface Secret {
  readonly bytes: Bytes;
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** The first four bytes of the id: what a frame's trailer names its epoch by. */
  readonly epoch: number;
}

export function makeSecret(): Promise<Secret> {
  return secretOf(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
}

/** @throws {RangeError} for another length. */
export async function secretOf(bytes: Bytes): Promise<Secret> {
  if (bytes.length !== SECRET_BYTES) throw new RangeError(`a secret of ${bytes.length} bytes`);
  const id = await deriveBytes(bytes, info("secret id"), ID_BYTES);
  return {
    bytes,
    id: [...id].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    epoch: new DataView(id.buffer).getUint32(0),
  };
}

/** The key that one page of one participant encrypts its frames with in an epoch. */
export function frameKey(
  epoch: Secret,
  { participantId, sender }: { participantId: string; sender: number },
): Promise<CryptoKey> {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, sender);
  return deriveKey(epoch.bytes, info("frames", text.encode(participantId), number));
}

/** The key that a secret wraps other secrets with. */
export function envelopeKey(secret: Secret): Promise<CryptoKey> {
  return deriveKey(secret.bytes, info("envelope"));
}

/** AES-128-GCM of HKDF-SHA-256 (RFC 5869) with an empty salt. */
export async function deriveKey(material: Bytes, label: Bytes): Promise<CryptoKey> {
  const raw = await deriveBytes(material, label, KEY_BITS / 8);
  return await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** The `info` of a derivation: its label and its inputs, each behind its length in two bytes. */
export function info(label: string, ...inputs: Bytes[]): Bytes {
  const parts = [text.encode(`lectern e2ee ${ENCRYPTION_VERSION} ${label}`), ...inputs];
  return concat(parts.flatMap((part) => [
    new Uint8Array([part.length >> 8, part.length & 0xff]),
    part,
  ]));
}

export function concat(parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

async function deriveBytes(material: Bytes, label: Bytes, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", material, "HKDF", false, ["deriveBits"]);
  const params = { name: "HKDF", hash: "SHA-256", salt: NO_SALT, info: label };
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, length * 8));
}
