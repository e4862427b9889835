/**
 * DTLS 1.2 with the SRTP extension by OpenSSL over memory BIOs (RFC 6347, RFC 5764).
 *
 * It owns no socket and no timer: datagrams come in by `receive`, go out by `onSend`, and time comes by `tick`.
 * Any peer certificate is let through here, because the core compares its fingerprint; but there must be one, and
 * OpenSSL verifies that the peer holds its key (CertificateVerify) and saw the same handshake (Finished).
 *
 * Invariants: a session that is closed never reaches native code again; a handshake ends within
 * {@linkcode HANDSHAKE_LIMIT_MS}; what a peer sends is held in memory for one call, apart from the handshake
 * messages that OpenSSL puts together, which are bounded by {@linkcode MAX_MESSAGE_BYTES}.
 */
import { type Certificate, createCertificate, fingerprintOf } from "./certificate.ts";
import { type Bytes, check, cString, Handle, lastError, type OpenSsl, openSsl } from "./openssl.ts";
import { MASTER_KEY_BYTES, saltBytes } from "./srtp_keys.ts";
import { createSrtpSession } from "./srtp.ts";
import type {
  DtlsEvents,
  DtlsFactory,
  DtlsSession,
  SrtpKeys,
  SrtpProfile,
  SrtpSession,
} from "../../ports.ts";

/** Fits every path that carries IPv6 (1280) with room for tunnels. */
export const MAX_DATAGRAM_BYTES = 1200;
export const HANDSHAKE_LIMIT_MS = 30_000;
/** A certificate chain of a browser is one certificate of some 500 bytes. */
const MAX_MESSAGE_BYTES = 16_384;
/** DTLS records are at most 2^14 plus overhead, but no browser sends datagrams beyond its MTU. */
const MAX_RECEIVED_BYTES = 4096;
const RECORD_HEADER_BYTES = 13;
/** The explicit nonce and the tag of AES-GCM (RFC 5288 §3). */
const PROTECTED_RECORD_BYTES = 8 + 16;
const SHA1_BYTES = 20;

/** openssl/ssl.h */
const OPTIONS = {
  NO_QUERY_MTU: 1n << 12n,
  NO_TICKET: 1n << 14n,
  CIPHER_SERVER_PREFERENCE: 1n << 22n,
  NO_RENEGOTIATION: 1n << 30n,
};
const VERIFY_PEER_AND_REQUIRE_CERTIFICATE = 1 | 2;
const SSL_CTRL_SET_MTU = 17;
const SSL_CTRL_SET_SESS_CACHE_MODE = 44;
const SSL_CTRL_SET_MAX_CERT_LIST = 51;
const SSL_CTRL_DTLS_HANDLE_TIMEOUT = 74;
const SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
const DTLS1_2_VERSION = 0xfefdn;
const SSL_ERROR_SSL = 1;
const SSL_ERROR_SYSCALL = 5;
const SSL_ERROR_ZERO_RETURN = 6;
/** openssl/bio.h */
const BIO_CTRL_RESET = 1;
const BIO_CTRL_PENDING = 10;
const BIO_C_SET_BUF_MEM_EOF_RETURN = 130;

/** What RFC 8827 §6.5 wants everybody to have; one kind, so that its shortest record is known. */
const CIPHERS = "ECDHE+AESGCM";
/** In the order of our preference, which decides (RFC 5764 §4.1.1). */
const SRTP_PROFILES = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";
/** IANA's numbers of the profiles. */
const PROFILE_NAMES = new Map<bigint, SrtpProfile>([
  [7n, "AEAD_AES_128_GCM"],
  [1n, "AES128_CM_HMAC_SHA1_80"],
]);
const EXPORTER_LABEL: Bytes = new TextEncoder().encode("EXTRACTOR-dtls_srtp");

/** Lost flights are repeated after 200 ms and then ever later; browsers begin at 50 to 400 ms. */
const FIRST_TIMEOUT_MICROSECONDS = 200_000;
const LAST_TIMEOUT_MICROSECONDS = 3_000_000;

/** Loads OpenSSL and makes the process's certificate; throws `OpenSslMissing` without OpenSSL 3. */
export function createDtlsFactory(): DtlsFactory {
  return new OpenSslDtlsFactory();
}

class OpenSslDtlsFactory implements DtlsFactory {
  readonly #certificate: Certificate = createCertificate();
  readonly #context: Handle = createContext(this.#certificate);

  get fingerprint(): string {
    return this.#certificate.fingerprint;
  }

  accept(events: DtlsEvents): DtlsSession {
    return new OpenSslDtlsSession(this.#context, events, "server");
  }

  connect(events: DtlsEvents): DtlsSession {
    return new OpenSslDtlsSession(this.#context, events, "client");
  }

  createSrtp(keys: SrtpKeys): SrtpSession {
    return createSrtpSession(keys);
  }

  hmacSha1(key: Bytes, data: Bytes): Uint8Array {
    const { crypto } = openSsl();
    const digest = new Uint8Array(SHA1_BYTES);
    const done = crypto.HMAC(
      crypto.EVP_sha1(),
      key,
      key.length,
      data,
      BigInt(data.length),
      digest,
      new Uint8Array(4),
    );
    if (done === null) throw new Error(`HMAC failed: ${lastError()}`);
    return digest;
  }
}

function createContext(certificate: Certificate): Handle {
  const { ssl } = openSsl();
  const context = new Handle(ssl.SSL_CTX_new(ssl.DTLS_method()), ssl.SSL_CTX_free);
  const pointer = context.pointer;
  ssl.SSL_CTX_set_options(
    pointer,
    OPTIONS.NO_QUERY_MTU | OPTIONS.NO_TICKET | OPTIONS.CIPHER_SERVER_PREFERENCE |
      OPTIONS.NO_RENEGOTIATION,
  );
  check(
    ssl.SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, DTLS1_2_VERSION, null),
    "DTLS 1.2",
  );
  // A resumed session would skip the certificate, and remembered ones would grow without end.
  ssl.SSL_CTX_ctrl(pointer, SSL_CTRL_SET_SESS_CACHE_MODE, 0n, null);
  ssl.SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MAX_CERT_LIST, BigInt(MAX_MESSAGE_BYTES), null);
  check(ssl.SSL_CTX_set_cipher_list(pointer, cString(CIPHERS)), "SSL_CTX_set_cipher_list");
  // Answers 0 when it did, unlike its neighbours.
  if (ssl.SSL_CTX_set_tlsext_use_srtp(pointer, cString(SRTP_PROFILES)) !== 0) {
    check(0, "SSL_CTX_set_tlsext_use_srtp");
  }
  check(ssl.SSL_CTX_use_certificate(pointer, certificate.x509.pointer), "SSL_CTX_use_certificate");
  check(ssl.SSL_CTX_use_PrivateKey(pointer, certificate.key.pointer), "SSL_CTX_use_PrivateKey");
  ssl.SSL_CTX_set_verify(pointer, VERIFY_PEER_AND_REQUIRE_CERTIFICATE, null);
  ssl.SSL_CTX_set_cert_verify_callback(pointer, callbacks().anyCertificate.pointer, null);
  return context;
}

/** Callbacks that OpenSSL may call as long as the process lives. */
interface Callbacks {
  anyCertificate: Deno.UnsafeCallback<{ parameters: ["pointer", "pointer"]; result: "i32" }>;
  nextTimeout: Deno.UnsafeCallback<{ parameters: ["pointer", "u32"]; result: "u32" }>;
}

let made: Callbacks | undefined;

function callbacks(): Callbacks {
  made ??= {
    anyCertificate: new Deno.UnsafeCallback(
      { parameters: ["pointer", "pointer"], result: "i32" },
      () => 1,
    ),
    nextTimeout: new Deno.UnsafeCallback(
      { parameters: ["pointer", "u32"], result: "u32" },
      (_ssl, last) =>
        last === 0 ? FIRST_TIMEOUT_MICROSECONDS : Math.min(last * 2, LAST_TIMEOUT_MICROSECONDS),
    ),
  };
  return made;
}

class OpenSslDtlsSession implements DtlsSession {
  readonly #crypto: OpenSsl["crypto"];
  readonly #ssl: OpenSsl["ssl"];
  readonly #session: Handle;
  /** What the peer sent; freed with the session, which owns it. */
  readonly #incoming: Deno.PointerObject;
  /** What is to be sent; likewise. */
  readonly #outgoing: Deno.PointerObject;
  readonly #events: DtlsEvents;
  readonly #role: "server" | "client";
  #connected = false;
  #started: boolean;
  #deadlineMs = -1;

  constructor(context: Handle, events: DtlsEvents, role: "server" | "client") {
    const { crypto, ssl } = openSsl();
    this.#crypto = crypto;
    this.#ssl = ssl;
    this.#events = events;
    this.#role = role;
    this.#started = role === "server";
    this.#session = new Handle(ssl.SSL_new(context.pointer), ssl.SSL_free);
    this.#incoming = createBio();
    this.#outgoing = createBio();
    const session = this.#session.pointer;
    ssl.SSL_set_bio(session, this.#incoming, this.#outgoing);
    ssl.SSL_ctrl(session, SSL_CTRL_SET_MTU, BigInt(MAX_DATAGRAM_BYTES), null);
    ssl.DTLS_set_timer_cb(session, callbacks().nextTimeout.pointer);
    if (role === "server") ssl.SSL_set_accept_state(session);
    else ssl.SSL_set_connect_state(session);
  }

  receive(datagram: Bytes): void {
    if (!this.#started || datagram.length > MAX_RECEIVED_BYTES) return;
    // One record at a time: OpenSSL drops what follows a repeated message in the same datagram.
    let start = 0;
    while (!this.#session.freed && start + RECORD_HEADER_BYTES <= datagram.length) {
      const end = start + recordBytes(datagram, start);
      if (end > datagram.length) return;
      const record = datagram.subarray(start, end);
      start = end;
      // OpenSSL gives a session up over such a record, which anybody could send (RFC 6347 §4.1.2.7: drop it).
      if (isTooShort(record)) continue;
      this.#crypto.BIO_write(this.#incoming, record, record.length);
      this.#advance();
      // What OpenSSL left unread belongs to no record: the next one must begin afresh.
      if (!this.#session.freed) this.#crypto.BIO_ctrl(this.#incoming, BIO_CTRL_RESET, 0n, null);
    }
  }

  tick(nowMs: number): void {
    if (this.#session.freed || this.#connected) return;
    if (this.#deadlineMs < 0) this.#deadlineMs = nowMs + HANDSHAKE_LIMIT_MS;
    if (nowMs >= this.#deadlineMs) return this.#fail("the handshake took too long");
    if (!this.#started) {
      this.#started = true;
      return this.#advance();
    }
    this.#crypto.ERR_clear_error();
    const handled = this.#ssl.SSL_ctrl(
      this.#session.pointer,
      SSL_CTRL_DTLS_HANDLE_TIMEOUT,
      0n,
      null,
    );
    const reason = handled < 0 ? lastError() : undefined;
    this.#send();
    if (reason !== undefined) this.#fail(reason);
  }

  close(): void {
    if (this.#session.freed) return;
    if (this.#connected) this.#ssl.SSL_shutdown(this.#session.pointer);
    const farewell = this.#takeOutgoing();
    this.#session.free();
    this.#sendRecords(farewell);
  }

  /** Lets OpenSSL act on what has come. */
  #advance(): void {
    const session = this.#session.pointer;
    this.#crypto.ERR_clear_error();
    const result = this.#connected
      // Media goes by SRTP: application data is read to reach alerts and repeated flights, then dropped.
      ? this.#readAway()
      : this.#ssl.SSL_do_handshake(session);
    const error = result > 0 ? 0 : this.#ssl.SSL_get_error(session, result);
    const failed = error === SSL_ERROR_SSL || error === SSL_ERROR_SYSCALL;
    const reason = failed ? lastError() : "";
    this.#send();
    // Sending may have led, through the caller, back into this session.
    if (this.#session.freed) return;
    if (failed) return this.#fail(reason);
    if (error === SSL_ERROR_ZERO_RETURN) return this.#fail("the peer closed");
    if (!this.#connected && this.#ssl.SSL_is_init_finished(session) === 1) this.#finish();
  }

  #readAway(): number {
    const scratch = new Uint8Array(MAX_RECEIVED_BYTES);
    let result: number;
    do {
      result = this.#ssl.SSL_read(this.#session.pointer, scratch, scratch.length);
    } while (result > 0);
    return result;
  }

  #finish(): void {
    this.#connected = true;
    const keys = this.#exportKeys();
    const peer = this.#ssl.SSL_get1_peer_certificate(this.#session.pointer);
    const fingerprint = peer === null ? undefined : fingerprintOf(peer);
    this.#crypto.X509_free(peer);
    if (keys === undefined || fingerprint === undefined) {
      this.close();
      return this.#events.onClosed("the peer takes no SRTP profile of ours");
    }
    this.#events.onConnected(keys, fingerprint);
  }

  #exportKeys(): SrtpKeys | undefined {
    const session = this.#session.pointer;
    const selected = this.#ssl.SSL_get_selected_srtp_profile(session);
    if (selected === null) return undefined;
    // SRTP_PROTECTION_PROFILE is { const char *name; unsigned long id }: LP64 on x86-64 and aarch64.
    const profile = PROFILE_NAMES.get(new Deno.UnsafePointerView(selected).getBigUint64(8));
    if (profile === undefined) return undefined;
    const salt = saltBytes(profile);
    const material = new Uint8Array(2 * (MASTER_KEY_BYTES + salt));
    check(
      this.#ssl.SSL_export_keying_material(
        session,
        material,
        BigInt(material.length),
        EXPORTER_LABEL,
        BigInt(EXPORTER_LABEL.length),
        null,
        0n,
        0,
      ),
      "SSL_export_keying_material",
    );
    // Both keys, then both salts, the client's first (RFC 5764 §4.2).
    const keysEnd = 2 * MASTER_KEY_BYTES;
    const client = {
      key: material.slice(0, MASTER_KEY_BYTES),
      salt: material.slice(keysEnd, keysEnd + salt),
    };
    const server = {
      key: material.slice(MASTER_KEY_BYTES, keysEnd),
      salt: material.slice(keysEnd + salt),
    };
    const [local, remote] = this.#role === "server" ? [server, client] : [client, server];
    return {
      profile,
      localKey: local.key,
      localSalt: local.salt,
      remoteKey: remote.key,
      remoteSalt: remote.salt,
    };
  }

  #fail(reason: string): void {
    this.#session.free();
    this.#events.onClosed(reason);
  }

  #send(): void {
    this.#sendRecords(this.#takeOutgoing());
  }

  /** A copy, because sending may lead back here before all of it is sent. */
  #takeOutgoing(): Bytes {
    const pending = Number(this.#crypto.BIO_ctrl(this.#outgoing, BIO_CTRL_PENDING, 0n, null));
    const flight = new Uint8Array(pending);
    if (pending > 0) this.#crypto.BIO_read(this.#outgoing, flight, pending);
    return flight;
  }

  /** Packs whole records into datagrams. */
  #sendRecords(flight: Bytes): void {
    let start = 0;
    let end = 0;
    while (end + RECORD_HEADER_BYTES <= flight.length) {
      const record = recordBytes(flight, end);
      if (end > start && end + record - start > MAX_DATAGRAM_BYTES) {
        this.#events.onSend(flight.subarray(start, end));
        start = end;
      }
      end += record;
    }
    if (end > start) this.#events.onSend(flight.subarray(start, end));
  }
}

/** The length of the record that begins at `offset`, with its header (RFC 6347 §4.1). */
function recordBytes(bytes: Uint8Array, offset: number): number {
  return RECORD_HEADER_BYTES + ((bytes[offset + 11]! << 8) | bytes[offset + 12]!);
}

/** Whether a record of an epoch that has keys lacks the room for what its cipher adds. */
function isTooShort(record: Uint8Array): boolean {
  const protectedByKeys = (record[3]! | record[4]!) !== 0;
  return protectedByKeys && record.length < RECORD_HEADER_BYTES + PROTECTED_RECORD_BYTES;
}

/** A memory BIO that answers "try again" instead of "end" when it is empty. */
function createBio(): Deno.PointerObject {
  const { crypto } = openSsl();
  const bio = crypto.BIO_new(crypto.BIO_s_mem());
  if (bio === null) throw new Error(`OpenSSL made no buffer: ${lastError()}`);
  crypto.BIO_ctrl(bio, BIO_C_SET_BUF_MEM_EOF_RETURN, -1n, null);
  return bio;
}
