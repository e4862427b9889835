/**
 * How secrets travel: to another page by ECDH, under another secret as an envelope, to a custodian by an ephemeral key.
 *
 * All are AES-128-GCM under a key of its own, with a random IV in front. What doesn't open is answered by undefined.
 */
import {
  type Bytes,
  concat,
  deriveKey,
  envelopeKey,
  info,
  type Secret,
  secretOf,
} from "./secret.ts";
import { SECRET_BYTES } from "./secret.ts";
import { PEOPLE_BYTES } from "./security_code.ts";

const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
/** An uncompressed point (SEC 1 §2.3.3), which begins with 4. */
export const PUBLIC_KEY_BYTES = 65;
const UNCOMPRESSED = 4;
const IV_BYTES = 12;
const SHARED_BITS = 256;
const text = new TextEncoder();

/** The key pair of one page, for as long as it is open. The private half can't be read out. */
export interface PageKeys {
  readonly privateKey: CryptoKey;
  readonly publicKey: Bytes;
}

/** The secrets that one page gives to another. */
export interface Handover {
  /** For whom the epoch was made: {@linkcode peopleDigest}. */
  people: Bytes;
  epoch: Secret;
  /** Null when the lesson isn't recorded. */
  recording: Secret | null;
}

export async function makePageKeys(): Promise<PageKeys> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  return { privateKey, publicKey: await exportPublic(publicKey) };
}

/** The number of a page in the trailer of its frames: of its public key, so that it is another for each page. */
export async function senderOf(publicKey: Bytes): Promise<number> {
  const digest = await crypto.subtle.digest("SHA-256", publicKey);
  return new DataView(digest).getUint32(0);
}

/** Wraps secrets to another page. */
export async function wrapTo(
  peer: Bytes,
  { keys, meetingId, handover }: { keys: PageKeys; meetingId: string; handover: Handover },
): Promise<Bytes> {
  const label = wrapInfo(meetingId, keys.publicKey, peer);
  const key = await agreedKey(keys.privateKey, peer, label);
  const { people, epoch, recording } = handover;
  return await seal(key, concat([people, epoch.bytes, recording?.bytes ?? new Uint8Array()]));
}

/** Opens what {@linkcode wrapTo} made at `peer`. */
export async function unwrapFrom(
  peer: Bytes,
  { keys, meetingId, wrapped }: { keys: PageKeys; meetingId: string; wrapped: Bytes },
): Promise<Handover | undefined> {
  try {
    const label = wrapInfo(meetingId, peer, keys.publicKey);
    const key = await agreedKey(keys.privateKey, peer, label);
    const bytes = await open(key, wrapped);
    const length = (bytes?.length ?? 0) - PEOPLE_BYTES;
    if (bytes === undefined || length !== SECRET_BYTES && length !== 2 * SECRET_BYTES) {
      return undefined;
    }
    const recording = bytes.subarray(PEOPLE_BYTES + SECRET_BYTES);
    return {
      people: bytes.slice(0, PEOPLE_BYTES),
      epoch: await secretOf(bytes.slice(PEOPLE_BYTES, PEOPLE_BYTES + SECRET_BYTES)),
      recording: recording.length === 0 ? null : await secretOf(recording.slice()),
    };
  } catch {
    // A point that isn't on the curve.
    return undefined;
  }
}

/** Wraps a secret under another. */
export async function sealEnvelope(by: Secret, of: Secret): Promise<Bytes> {
  return await seal(await envelopeKey(by), of.bytes);
}

export async function openEnvelope(by: Secret, wrapped: Bytes): Promise<Secret | undefined> {
  const bytes = await open(await envelopeKey(by), wrapped);
  return bytes?.length === SECRET_BYTES ? await secretOf(bytes) : undefined;
}

/** Wraps a secret to a public key that isn't in the room: `ephemeral public key | IV | ciphertext and tag`. */
export async function sealToCustodian(
  custodian: Bytes,
  { meetingId, secret }: { meetingId: string; secret: Secret },
): Promise<Bytes> {
  const ephemeral = await makePageKeys();
  const label = custodianInfo(meetingId, ephemeral.publicKey, custodian);
  const key = await agreedKey(ephemeral.privateKey, custodian, label);
  return concat([ephemeral.publicKey, await seal(key, secret.bytes)]);
}

/** What a custodian does with its private key. */
export async function openAsCustodian(
  keys: PageKeys,
  { meetingId, wrapped }: { meetingId: string; wrapped: Bytes },
): Promise<Secret | undefined> {
  try {
    const ephemeral = wrapped.slice(0, PUBLIC_KEY_BYTES);
    const label = custodianInfo(meetingId, ephemeral, keys.publicKey);
    const key = await agreedKey(keys.privateKey, ephemeral, label);
    const bytes = await open(key, wrapped.slice(PUBLIC_KEY_BYTES));
    return bytes?.length === SECRET_BYTES ? await secretOf(bytes) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether these bytes are a point of the curve. Other forms of one point, which some libraries take too, are none. */
export async function isPublicKey(bytes: Bytes): Promise<boolean> {
  if (bytes.length !== PUBLIC_KEY_BYTES || bytes[0] !== UNCOMPRESSED) return false;
  try {
    // Browsers look at the point when they take it, Deno only when it is written out.
    await crypto.subtle.exportKey("jwk", await importPublic(bytes));
    return true;
  } catch {
    return false;
  }
}

function wrapInfo(meetingId: string, from: Bytes, to: Bytes): Bytes {
  return info("wrap", text.encode(meetingId), from, to);
}

function custodianInfo(meetingId: string, ephemeral: Bytes, custodian: Bytes): Bytes {
  return info("custodian", text.encode(meetingId), ephemeral, custodian);
}

async function agreedKey(privateKey: CryptoKey, peer: Bytes, label: Bytes): Promise<CryptoKey> {
  const params = { name: "ECDH", public: await importPublic(peer) };
  const shared = await crypto.subtle.deriveBits(params, privateKey, SHARED_BITS);
  return await deriveKey(new Uint8Array(shared), label);
}

function importPublic(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, CURVE, true, []);
}

async function exportPublic(key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", key));
}

async function seal(key: CryptoKey, bytes: Bytes): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes);
  return concat([iv, new Uint8Array(sealed)]);
}

async function open(key: CryptoKey, sealed: Bytes): Promise<Bytes | undefined> {
  const iv = sealed.slice(0, IV_BYTES);
  if (iv.length < IV_BYTES) return undefined;
  try {
    const params = { name: "AES-GCM", iv };
    return new Uint8Array(await crypto.subtle.decrypt(params, key, sealed.slice(IV_BYTES)));
  } catch {
    return undefined;
  }
}
