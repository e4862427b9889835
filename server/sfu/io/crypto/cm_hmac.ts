/**
 * AES128_CM_HMAC_SHA1_80 for SRTP and SRTCP by libcrypto (RFC 3711 §4.1.1, §4.2.1).
 */
import { type Bytes, check, Handle, type OpenSsl, openSsl } from "./openssl.ts";
import {
  mixVector,
  type PacketCipher,
  readWord,
  RTCP_ENCRYPTED,
  RTCP_HEADER_BYTES,
  writeWord,
} from "./packet_cipher.ts";
import type { SessionKeys } from "./srtp_keys.ts";
import { SLOT_BYTES } from "../../ports.ts";

const TAG_BYTES = 10;
const SHA1_BYTES = 20;
const INDEX_BYTES = 4;
const SALT_BYTES = 14;
/** Where ssrc and index lie in the counter block (RFC 3711 §4.1.1). */
const MIX_OFFSET = 4;

/** `size_t` parameters are bigints: made once, so that a packet makes none. */
const SIZES = Array.from({ length: SLOT_BYTES + 1 }, (_, size) => BigInt(size));

export class CmHmacCipher implements PacketCipher {
  readonly rtpTrailerBytes = TAG_BYTES;
  readonly rtcpTrailerBytes = INDEX_BYTES + TAG_BYTES;
  readonly #crypto: OpenSsl["crypto"];
  readonly #cipher: Handle;
  readonly #hmac: Handle;
  readonly #salt: Uint8Array;
  readonly #counter = new Uint8Array(16);
  readonly #digest = new Uint8Array(SHA1_BYTES);
  readonly #rollover = new Uint8Array(4);
  readonly #count = new Uint8Array(4);

  constructor(keys: SessionKeys) {
    if (keys.salt.length !== SALT_BYTES) throw new RangeError(`A salt of ${keys.salt.length}`);
    const { crypto } = openSsl();
    this.#crypto = crypto;
    this.#salt = keys.salt;
    this.#counter.set(keys.salt);
    this.#cipher = new Handle(crypto.EVP_CIPHER_CTX_new(), crypto.EVP_CIPHER_CTX_free);
    this.#hmac = new Handle(crypto.HMAC_CTX_new(), crypto.HMAC_CTX_free);
    const key = new Uint8Array(keys.key);
    check(
      // Counter mode decrypts by encrypting, so one context serves both directions.
      crypto.EVP_EncryptInit_ex(
        this.#cipher.pointer,
        crypto.EVP_aes_128_ctr(),
        null,
        key,
        this.#counter,
      ),
      "AES-CTR",
    );
    const secret = new Uint8Array(keys.authenticationKey);
    check(
      crypto.HMAC_Init_ex(this.#hmac.pointer, secret, secret.length, crypto.EVP_sha1(), null),
      "HMAC-SHA1",
    );
  }

  sealRtp(
    packet: Bytes,
    headerBytes: number,
    body: Bytes,
    payload: Bytes,
    payloadBytes: number,
    ssrc: number,
    index: number,
  ): void {
    this.#crypt(body, payload, payloadBytes, ssrc, index);
    writeWord(this.#rollover, 0, Math.floor(index / 65536));
    this.#authenticate(packet, headerBytes + payloadBytes, true);
    for (let i = 0; i < TAG_BYTES; i++) body[payloadBytes + i] = this.#digest[i]!;
  }

  openRtp(
    packet: Bytes,
    length: number,
    headerBytes: number,
    body: Bytes,
    plain: Bytes,
    ssrc: number,
    index: number,
  ): boolean {
    const tagAt = length - TAG_BYTES;
    writeWord(this.#rollover, 0, Math.floor(index / 65536));
    this.#authenticate(packet, tagAt, true);
    if (!this.#matches(packet, tagAt)) return false;
    this.#crypt(plain, body, tagAt - headerBytes, ssrc, index);
    return true;
  }

  sealRtcp(packet: Bytes, body: Bytes, clear: Bytes, ssrc: number, index: number): void {
    this.#crypt(body, clear, clear.length, ssrc, index);
    writeWord(body, clear.length, (index | RTCP_ENCRYPTED) >>> 0);
    const tagAt = clear.length + INDEX_BYTES;
    this.#authenticate(packet, RTCP_HEADER_BYTES + tagAt, false);
    for (let i = 0; i < TAG_BYTES; i++) body[tagAt + i] = this.#digest[i]!;
  }

  rtcpIndexWord(packet: Uint8Array, length: number): number {
    return readWord(packet, length - this.rtcpTrailerBytes);
  }

  openRtcp(
    packet: Bytes,
    length: number,
    body: Bytes,
    plain: Bytes,
    ssrc: number,
    index: number,
  ): boolean {
    this.#authenticate(packet, length - TAG_BYTES, false);
    if (!this.#matches(packet, length - TAG_BYTES)) return false;
    this.#crypt(plain, body, length - this.rtcpTrailerBytes - RTCP_HEADER_BYTES, ssrc, index);
    return true;
  }

  close(): void {
    this.#cipher.free();
    this.#hmac.free();
  }

  #crypt(out: Bytes, bytes: Bytes, length: number, ssrc: number, index: number): void {
    if (length === 0) return;
    const crypto = this.#crypto;
    const cipher = this.#cipher.pointer;
    mixVector(this.#counter, this.#salt, MIX_OFFSET, ssrc, index);
    crypto.EVP_EncryptInit_ex(cipher, null, null, null, this.#counter);
    if (crypto.EVP_EncryptUpdate(cipher, out, this.#count, bytes, length) !== 1) {
      throw new Error("AES-CTR didn't encrypt a packet");
    }
  }

  /** RTP's tag covers the roll-over counter behind the packet; RTCP's covers its own index. */
  #authenticate(packet: Bytes, length: number, rollover: boolean): void {
    const crypto = this.#crypto;
    const hmac = this.#hmac.pointer;
    crypto.HMAC_Init_ex(hmac, null, 0, null, null);
    crypto.HMAC_Update(hmac, packet, SIZES[length] ?? BigInt(length));
    if (rollover) crypto.HMAC_Update(hmac, this.#rollover, 4n);
    if (crypto.HMAC_Final(hmac, this.#digest, this.#count) !== 1) {
      throw new Error("HMAC-SHA1 didn't authenticate a packet");
    }
  }

  #matches(packet: Uint8Array, tagAt: number): boolean {
    let difference = 0;
    for (let i = 0; i < TAG_BYTES; i++) difference |= this.#digest[i]! ^ packet[tagAt + i]!;
    return difference === 0;
  }
}
