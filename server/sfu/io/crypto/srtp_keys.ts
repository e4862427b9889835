/**
 * Session keys from master keys (RFC 3711 §4.3), with a key derivation rate of zero as WebRTC has it.
 */
import { type Bytes, check, Handle, openSsl } from "./openssl.ts";
import type { SrtpProfile } from "../../ports.ts";

export const MASTER_KEY_BYTES = 16;

/** RFC 7714 §12 and RFC 3711 §8.2. */
export function saltBytes(profile: SrtpProfile): number {
  return profile === "AEAD_AES_128_GCM" ? 12 : 14;
}

/** What protects the packets of one kind (RTP or RTCP) in one direction. */
export interface SessionKeys {
  key: Uint8Array;
  salt: Uint8Array;
  /** For HMAC-SHA1; AEAD has no use of it. */
  authenticationKey: Uint8Array;
}

const AUTHENTICATION_KEY_BYTES = 20;
/** The first of three labels: key, authentication, salt (RFC 3711 §4.3.1–2). */
const FIRST_LABEL = { rtp: 0, rtcp: 3 };

/** Derives the keys of RTP or RTCP; a 12-byte salt is padded with zeros on the right (RFC 7714 §11). */
export function deriveSessionKeys(
  masterKey: Uint8Array,
  masterSalt: Uint8Array,
  kind: "rtp" | "rtcp",
): SessionKeys {
  if (
    masterKey.length !== MASTER_KEY_BYTES || (masterSalt.length !== 12 && masterSalt.length !== 14)
  ) {
    throw new RangeError(`A master key of ${masterKey.length}+${masterSalt.length} bytes`);
  }
  const label = FIRST_LABEL[kind];
  return {
    key: keystream(masterKey, masterSalt, label, MASTER_KEY_BYTES),
    authenticationKey: keystream(masterKey, masterSalt, label + 1, AUTHENTICATION_KEY_BYTES),
    salt: keystream(masterKey, masterSalt, label + 2, masterSalt.length),
  };
}

function keystream(key: Uint8Array, salt: Uint8Array, label: number, length: number): Uint8Array {
  const { crypto } = openSsl();
  const counter = new Uint8Array(16);
  counter.set(salt);
  counter[7]! ^= label;
  const out = new Uint8Array(length);
  const context = new Handle(crypto.EVP_CIPHER_CTX_new(), crypto.EVP_CIPHER_CTX_free);
  try {
    check(
      crypto.EVP_EncryptInit_ex(
        context.pointer,
        crypto.EVP_aes_128_ctr(),
        null,
        native(key),
        counter,
      ),
      "EVP_EncryptInit_ex",
    );
    check(
      crypto.EVP_EncryptUpdate(
        context.pointer,
        out,
        new Uint8Array(4),
        new Uint8Array(length),
        length,
      ),
      "EVP_EncryptUpdate",
    );
  } finally {
    context.free();
  }
  return out;
}

/** A copy that native code may read: never a view of shared memory. */
function native(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}
