/**
 * OpenSSL 3 by FFI: the typed symbols of libssl.so.3 and libcrypto.so.3, and memory that native code may hold.
 *
 * Invariant: every native object is owned by one {@linkcode Handle}; a freed handle throws before native code
 * could see the dead pointer, because using one ends the process.
 */

/** OpenSSL 3 isn't installed: the message names the Debian package that brings it. */
export class OpenSslMissing extends Error {
  override readonly name = "OpenSslMissing";
  constructor(library: string, options?: ErrorOptions) {
    super(
      `${library} was not found. Lectern's media needs OpenSSL 3: on Debian or Ubuntu, apt-get install libssl3`,
      options,
    );
  }
}

/** Bytes that native code may read and write: not shared with another thread. */
export type Bytes = Uint8Array<ArrayBuffer>;

const CRYPTO = {
  EVP_CIPHER_CTX_new: { parameters: [], result: "pointer" },
  EVP_CIPHER_CTX_free: { parameters: ["pointer"], result: "void" },
  EVP_CIPHER_CTX_ctrl: { parameters: ["pointer", "i32", "i32", "buffer"], result: "i32" },
  EVP_aes_128_gcm: { parameters: [], result: "pointer" },
  EVP_aes_128_ctr: { parameters: [], result: "pointer" },
  EVP_sha1: { parameters: [], result: "pointer" },
  EVP_sha256: { parameters: [], result: "pointer" },
  EVP_EncryptInit_ex: {
    parameters: ["pointer", "pointer", "pointer", "buffer", "buffer"],
    result: "i32",
  },
  EVP_EncryptUpdate: {
    parameters: ["pointer", "buffer", "buffer", "buffer", "i32"],
    result: "i32",
  },
  EVP_EncryptFinal_ex: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  EVP_DecryptInit_ex: {
    parameters: ["pointer", "pointer", "pointer", "buffer", "buffer"],
    result: "i32",
  },
  EVP_DecryptUpdate: {
    parameters: ["pointer", "buffer", "buffer", "buffer", "i32"],
    result: "i32",
  },
  EVP_DecryptFinal_ex: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  HMAC: {
    parameters: ["pointer", "buffer", "i32", "buffer", "usize", "buffer", "buffer"],
    result: "pointer",
  },
  HMAC_CTX_new: { parameters: [], result: "pointer" },
  HMAC_CTX_free: { parameters: ["pointer"], result: "void" },
  HMAC_Init_ex: {
    parameters: ["pointer", "buffer", "i32", "pointer", "pointer"],
    result: "i32",
  },
  HMAC_Update: { parameters: ["pointer", "buffer", "usize"], result: "i32" },
  HMAC_Final: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  BIO_s_mem: { parameters: [], result: "pointer" },
  BIO_new: { parameters: ["pointer"], result: "pointer" },
  BIO_free: { parameters: ["pointer"], result: "i32" },
  BIO_ctrl: { parameters: ["pointer", "i32", "i64", "pointer"], result: "i64" },
  BIO_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  BIO_write: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  EVP_PKEY_CTX_new_id: { parameters: ["i32", "pointer"], result: "pointer" },
  EVP_PKEY_CTX_free: { parameters: ["pointer"], result: "void" },
  EVP_PKEY_keygen_init: { parameters: ["pointer"], result: "i32" },
  EVP_PKEY_CTX_set_group_name: { parameters: ["pointer", "buffer"], result: "i32" },
  EVP_PKEY_generate: { parameters: ["pointer", "buffer"], result: "i32" },
  EVP_PKEY_free: { parameters: ["pointer"], result: "void" },
  X509_new: { parameters: [], result: "pointer" },
  X509_free: { parameters: ["pointer"], result: "void" },
  X509_set_version: { parameters: ["pointer", "i64"], result: "i32" },
  X509_get_serialNumber: { parameters: ["pointer"], result: "pointer" },
  ASN1_INTEGER_set_uint64: { parameters: ["pointer", "u64"], result: "i32" },
  X509_getm_notBefore: { parameters: ["pointer"], result: "pointer" },
  X509_getm_notAfter: { parameters: ["pointer"], result: "pointer" },
  X509_gmtime_adj: { parameters: ["pointer", "i64"], result: "pointer" },
  X509_get_subject_name: { parameters: ["pointer"], result: "pointer" },
  X509_set_issuer_name: { parameters: ["pointer", "pointer"], result: "i32" },
  X509_NAME_add_entry_by_txt: {
    parameters: ["pointer", "buffer", "i32", "buffer", "i32", "i32", "i32"],
    result: "i32",
  },
  X509_set_pubkey: { parameters: ["pointer", "pointer"], result: "i32" },
  X509_sign: { parameters: ["pointer", "pointer", "pointer"], result: "i32" },
  X509_digest: { parameters: ["pointer", "pointer", "buffer", "buffer"], result: "i32" },
  ERR_get_error: { parameters: [], result: "u64" },
  ERR_error_string_n: { parameters: ["u64", "buffer", "usize"], result: "void" },
  ERR_clear_error: { parameters: [], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

const SSL = {
  DTLS_method: { parameters: [], result: "pointer" },
  SSL_CTX_new: { parameters: ["pointer"], result: "pointer" },
  SSL_CTX_free: { parameters: ["pointer"], result: "void" },
  SSL_CTX_ctrl: { parameters: ["pointer", "i32", "i64", "pointer"], result: "i64" },
  SSL_CTX_set_options: { parameters: ["pointer", "u64"], result: "u64" },
  SSL_CTX_set_cipher_list: { parameters: ["pointer", "buffer"], result: "i32" },
  SSL_CTX_set_tlsext_use_srtp: { parameters: ["pointer", "buffer"], result: "i32" },
  SSL_CTX_set_verify: { parameters: ["pointer", "i32", "pointer"], result: "void" },
  SSL_CTX_set_cert_verify_callback: {
    parameters: ["pointer", "function", "pointer"],
    result: "void",
  },
  SSL_CTX_use_certificate: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_CTX_use_PrivateKey: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_new: { parameters: ["pointer"], result: "pointer" },
  SSL_free: { parameters: ["pointer"], result: "void" },
  SSL_set_bio: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  SSL_set_accept_state: { parameters: ["pointer"], result: "void" },
  SSL_set_connect_state: { parameters: ["pointer"], result: "void" },
  SSL_ctrl: { parameters: ["pointer", "i32", "i64", "pointer"], result: "i64" },
  DTLS_set_timer_cb: { parameters: ["pointer", "function"], result: "void" },
  SSL_do_handshake: { parameters: ["pointer"], result: "i32" },
  SSL_is_init_finished: { parameters: ["pointer"], result: "i32" },
  SSL_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  SSL_get_error: { parameters: ["pointer", "i32"], result: "i32" },
  SSL_get_selected_srtp_profile: { parameters: ["pointer"], result: "pointer" },
  SSL_get1_peer_certificate: { parameters: ["pointer"], result: "pointer" },
  SSL_export_keying_material: {
    parameters: ["pointer", "buffer", "usize", "buffer", "usize", "pointer", "usize", "i32"],
    result: "i32",
  },
  SSL_shutdown: { parameters: ["pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** What is loaded of OpenSSL 3. */
export interface OpenSsl {
  readonly crypto: Deno.DynamicLibrary<typeof CRYPTO>["symbols"];
  readonly ssl: Deno.DynamicLibrary<typeof SSL>["symbols"];
}

let loaded: OpenSsl | undefined;

/** Loads OpenSSL once a process; throws {@linkcode OpenSslMissing} when it isn't installed. */
export function openSsl(): OpenSsl {
  loaded ??= {
    crypto: open("libcrypto.so.3", CRYPTO),
    ssl: open("libssl.so.3", SSL),
  };
  return loaded;
}

/** Opens a library's symbols; throws {@linkcode OpenSslMissing} when the library or a symbol isn't there. */
export function open<S extends Deno.ForeignLibraryInterface>(
  library: string,
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] {
  try {
    return Deno.dlopen(library, symbols).symbols;
  } catch (error) {
    // A missing permission is the operator's to see as it is.
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new OpenSslMissing(library, { cause: error });
  }
}

/** A native object and the function that frees it. Freeing twice is harmless; use after that throws. */
export class Handle {
  #pointer: Deno.PointerValue;
  readonly #release: (pointer: Deno.PointerObject) => void;

  constructor(pointer: Deno.PointerValue, release: (pointer: Deno.PointerObject) => void) {
    if (pointer === null) throw new Error(`OpenSSL made nothing: ${lastError()}`);
    this.#pointer = pointer;
    this.#release = release;
  }

  get pointer(): Deno.PointerObject {
    if (this.#pointer === null) throw new Error("A native object was used after it was freed");
    return this.#pointer;
  }

  get freed(): boolean {
    return this.#pointer === null;
  }

  free(): void {
    const pointer = this.#pointer;
    if (pointer === null) return;
    this.#pointer = null;
    this.#release(pointer);
  }
}

/** The newest reason in OpenSSL's error queue of this thread; empties the queue. */
export function lastError(): string {
  const { crypto } = openSsl();
  const text = new Uint8Array(256);
  const code = crypto.ERR_get_error();
  crypto.ERR_clear_error();
  if (BigInt(code) === 0n) return "no reason given";
  crypto.ERR_error_string_n(code, text, 256n);
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}

/** Throws with OpenSSL's reason unless `result` is 1. */
export function check(result: number | bigint, call: string): void {
  if (Number(result) !== 1) throw new Error(`${call} failed: ${lastError()}`);
}

/** The bytes of a C string. */
export function cString(text: string): Bytes {
  return new TextEncoder().encode(text + "\0");
}
