/**
 * This process's certificate: a fresh P-256 key, signed by itself. Peers know it by its fingerprint alone
 * (RFC 8827 §6.5), so it lives as long as the process and its private key never leaves OpenSSL.
 */
import { type Bytes, check, cString, Handle, openSsl } from "./openssl.ts";

const EVP_PKEY_EC = 408;
const X509_VERSION_3 = 2n;
const MBSTRING_ASC = 0x1001;
const DAY_SECONDS = 86_400n;
/** A peer's clock may be behind ours; a process may run for long. */
const VALID_FROM_SECONDS = -DAY_SECONDS;
const VALID_UNTIL_SECONDS = 3650n * DAY_SECONDS;
const SHA256_BYTES = 32;

export interface Certificate {
  readonly x509: Handle;
  readonly key: Handle;
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string;
}

/** Makes a key and the certificate that carries it. */
export function createCertificate(): Certificate {
  const { crypto } = openSsl();
  const key = generateKey();
  const x509 = new Handle(crypto.X509_new(), crypto.X509_free);
  const certificate = x509.pointer;
  check(crypto.X509_set_version(certificate, X509_VERSION_3), "X509_set_version");
  const [serial] = globalThis.crypto.getRandomValues(new BigUint64Array(1));
  check(
    crypto.ASN1_INTEGER_set_uint64(crypto.X509_get_serialNumber(certificate), serial! >> 1n),
    "ASN1_INTEGER_set_uint64",
  );
  crypto.X509_gmtime_adj(crypto.X509_getm_notBefore(certificate), VALID_FROM_SECONDS);
  crypto.X509_gmtime_adj(crypto.X509_getm_notAfter(certificate), VALID_UNTIL_SECONDS);
  const name = crypto.X509_get_subject_name(certificate);
  check(
    crypto.X509_NAME_add_entry_by_txt(
      name,
      cString("CN"),
      MBSTRING_ASC,
      cString("lectern"),
      -1,
      -1,
      0,
    ),
    "X509_NAME_add_entry_by_txt",
  );
  check(crypto.X509_set_issuer_name(certificate, name), "X509_set_issuer_name");
  check(crypto.X509_set_pubkey(certificate, key.pointer), "X509_set_pubkey");
  // Answers the signature's length, 0 when it failed.
  if (crypto.X509_sign(certificate, key.pointer, crypto.EVP_sha256()) <= 0) {
    check(0, "X509_sign");
  }
  return { x509, key, fingerprint: fingerprintOf(certificate) };
}

/** SHA-256 over a certificate's DER, upper-case hex with colons (RFC 8122 §5). */
export function fingerprintOf(x509: Deno.PointerObject): string {
  const { crypto } = openSsl();
  const digest = new Uint8Array(SHA256_BYTES);
  check(crypto.X509_digest(x509, crypto.EVP_sha256(), digest, new Uint8Array(4)), "X509_digest");
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
}

function generateKey(): Handle {
  const { crypto } = openSsl();
  const context = new Handle(
    crypto.EVP_PKEY_CTX_new_id(EVP_PKEY_EC, null),
    crypto.EVP_PKEY_CTX_free,
  );
  try {
    check(crypto.EVP_PKEY_keygen_init(context.pointer), "EVP_PKEY_keygen_init");
    check(crypto.EVP_PKEY_CTX_set_group_name(context.pointer, cString("P-256")), "P-256");
    const out: Bytes = new Uint8Array(8);
    check(crypto.EVP_PKEY_generate(context.pointer, out), "EVP_PKEY_generate");
    const address = new DataView(out.buffer).getBigUint64(0, true);
    return new Handle(Deno.UnsafePointer.create(address), crypto.EVP_PKEY_free);
  } finally {
    context.free();
  }
}
