/**
 * AEAD_AES_128_GCM for SRTP and SRTCP by libcrypto (RFC 7714).
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

const TAG_BYTES = 16;
const INDEX_BYTES = 4;
const VECTOR_BYTES = 12;
/** Where ssrc and index lie in the vector (RFC 7714 §8.1). */
const MIX_OFFSET = 2;
/** EVP_CTRL_AEAD_GET_TAG and _SET_TAG of openssl/evp.h. */
const GET_TAG = 0x10;
const SET_TAG = 0x11;

export class GcmCipher implements PacketCipher {
  readonly rtpTrailerBytes = TAG_BYTES;
  readonly rtcpTrailerBytes = TAG_BYTES + INDEX_BYTES;
  readonly #crypto: OpenSsl["crypto"];
  readonly #context: Handle;
  readonly #salt: Uint8Array;
  readonly #vector = new Uint8Array(VECTOR_BYTES);
  readonly #tag = new Uint8Array(TAG_BYTES);
  readonly #count = new Uint8Array(4);
  /** The additional data of SRTCP: the clear header and the index word (RFC 7714 §9.2). */
  readonly #rtcpHeader = new Uint8Array(RTCP_HEADER_BYTES + INDEX_BYTES);

  constructor(keys: SessionKeys, direction: "seal" | "open") {
    if (keys.salt.length !== VECTOR_BYTES) throw new RangeError(`A salt of ${keys.salt.length}`);
    const { crypto } = openSsl();
    this.#crypto = crypto;
    this.#salt = keys.salt;
    this.#vector.set(keys.salt);
    this.#context = new Handle(crypto.EVP_CIPHER_CTX_new(), crypto.EVP_CIPHER_CTX_free);
    const init = direction === "seal" ? crypto.EVP_EncryptInit_ex : crypto.EVP_DecryptInit_ex;
    const key = new Uint8Array(keys.key);
    check(init(this.#context.pointer, crypto.EVP_aes_128_gcm(), null, key, this.#vector), "GCM");
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
    this.#seal(packet, headerBytes, body, payload, payloadBytes, ssrc, index);
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
    for (let i = 0; i < TAG_BYTES; i++) this.#tag[i] = packet[tagAt + i]!;
    return this.#open(packet, headerBytes, body, tagAt - headerBytes, plain, ssrc, index);
  }

  sealRtcp(
    packet: Bytes,
    body: Bytes,
    clear: Bytes,
    ssrc: number,
    index: number,
  ): void {
    const header = this.#headerOf(packet, (index | RTCP_ENCRYPTED) >>> 0);
    this.#seal(header, header.length, body, clear, clear.length, ssrc, index);
    writeWord(body, clear.length + TAG_BYTES, (index | RTCP_ENCRYPTED) >>> 0);
  }

  rtcpIndexWord(packet: Uint8Array, length: number): number {
    return readWord(packet, length - INDEX_BYTES);
  }

  openRtcp(
    packet: Bytes,
    length: number,
    body: Bytes,
    plain: Bytes,
    ssrc: number,
    index: number,
  ): boolean {
    const tagAt = length - this.rtcpTrailerBytes;
    for (let i = 0; i < TAG_BYTES; i++) this.#tag[i] = packet[tagAt + i]!;
    const header = this.#headerOf(packet, this.rtcpIndexWord(packet, length));
    const clearBytes = tagAt - RTCP_HEADER_BYTES;
    return this.#open(header, header.length, body, clearBytes, plain, ssrc, index);
  }

  close(): void {
    this.#context.free();
  }

  #headerOf(packet: Uint8Array, indexWord: number): Bytes {
    for (let i = 0; i < RTCP_HEADER_BYTES; i++) this.#rtcpHeader[i] = packet[i]!;
    writeWord(this.#rtcpHeader, RTCP_HEADER_BYTES, indexWord);
    return this.#rtcpHeader;
  }

  #seal(
    header: Bytes,
    headerBytes: number,
    body: Bytes,
    clear: Bytes,
    clearBytes: number,
    ssrc: number,
    index: number,
  ): void {
    const crypto = this.#crypto;
    const context = this.#context.pointer;
    mixVector(this.#vector, this.#salt, MIX_OFFSET, ssrc, index);
    crypto.EVP_EncryptInit_ex(context, null, null, null, this.#vector);
    crypto.EVP_EncryptUpdate(context, null, this.#count, header, headerBytes);
    if (clearBytes > 0) crypto.EVP_EncryptUpdate(context, body, this.#count, clear, clearBytes);
    const sealed = crypto.EVP_EncryptFinal_ex(context, this.#tag, this.#count) === 1 &&
      crypto.EVP_CIPHER_CTX_ctrl(context, GET_TAG, TAG_BYTES, this.#tag) === 1;
    if (!sealed) throw new Error("AES-GCM didn't seal a packet");
    for (let i = 0; i < TAG_BYTES; i++) body[clearBytes + i] = this.#tag[i]!;
  }

  #open(
    header: Bytes,
    headerBytes: number,
    body: Bytes,
    clearBytes: number,
    plain: Bytes,
    ssrc: number,
    index: number,
  ): boolean {
    const crypto = this.#crypto;
    const context = this.#context.pointer;
    mixVector(this.#vector, this.#salt, MIX_OFFSET, ssrc, index);
    crypto.EVP_DecryptInit_ex(context, null, null, null, this.#vector);
    crypto.EVP_DecryptUpdate(context, null, this.#count, header, headerBytes);
    if (clearBytes > 0) crypto.EVP_DecryptUpdate(context, plain, this.#count, body, clearBytes);
    crypto.EVP_CIPHER_CTX_ctrl(context, SET_TAG, TAG_BYTES, this.#tag);
    return crypto.EVP_DecryptFinal_ex(context, this.#tag, this.#count) === 1;
  }
}
