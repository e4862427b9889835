/**
 * STUN binding requests and their answers, as ICE uses them (RFC 8489, RFC 8445 §7).
 *
 * The hash is an argument, so that this file touches no crypto. Invariant: a request without a valid FINGERPRINT,
 * USERNAME and MESSAGE-INTEGRITY of the right length is not a request.
 */
import type { Remote } from "../ports.ts";

/** HMAC-SHA1 of `data` under `key`. */
export type Hmac = (key: Uint8Array, data: Uint8Array) => Uint8Array;

export interface BindingRequest {
  /** 12 bytes, a copy. */
  transactionId: Uint8Array;
  /** The ufrag before the colon: whose agent is asked. */
  localUfrag: string;
  useCandidate: boolean;
  /** The peer believes to be the controlled one (RFC 8445 §7.3.1.1). */
  controlled: boolean;
  /** Where MESSAGE-INTEGRITY begins. */
  integrityAt: number;
}

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const MAX_REQUEST_BYTES = 1200;

const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const XOR_MAPPED_ADDRESS = 0x0020;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
const ICE_CONTROLLED = 0x8029;
const ICE_CONTROLLING = 0x802a;
const PRIORITY = 0x0024;
/** What a peer-reflexive candidate would get (RFC 8445 §5.1.2.1). */
const PEER_REFLEXIVE_PRIORITY = [110, 0xff, 0xff, 0xff];

const INTEGRITY_BYTES = 20;
const FINGERPRINT_XOR = 0x5354554e;
const ROLE_CONFLICT = 487;

const CRC_TABLE = new Uint32Array(256).map((_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 1) !== 0 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

function crc32(bytes: Uint8Array, length: number): number {
  let value = 0xffffffff;
  for (let i = 0; i < length; i++) {
    value = CRC_TABLE[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** Whether a datagram begins and ends as a binding request does: all that a stranger's junk has to be read for. */
export function mayBeBindingRequest(view: DataView, length: number): boolean {
  return length >= HEADER_BYTES && length <= MAX_REQUEST_BYTES && length % 4 === 0 &&
    view.getUint16(0) === BINDING_REQUEST && view.getUint32(4) === MAGIC_COOKIE &&
    HEADER_BYTES + view.getUint16(2) === length;
}

/** Reads a binding request of `length` bytes; undefined when it is anything else or malformed. */
export function parseBindingRequest(
  bytes: Uint8Array,
  view: DataView,
  length: number,
): BindingRequest | undefined {
  if (!mayBeBindingRequest(view, length)) return undefined;
  let localUfrag: string | undefined;
  let useCandidate = false;
  let controlled = false;
  let integrityAt = -1;
  let fingerprinted = false;
  let at = HEADER_BYTES;
  while (at < length) {
    if (at + 4 > length || fingerprinted) return undefined;
    const type = view.getUint16(at);
    const valueBytes = view.getUint16(at + 2);
    const value = at + 4;
    if (value + valueBytes > length) return undefined;
    if (type === FINGERPRINT) {
      if (valueBytes !== 4) return undefined;
      const expected = (crc32(bytes, at) ^ FINGERPRINT_XOR) >>> 0;
      if (view.getUint32(value) !== expected) return undefined;
      fingerprinted = true;
    } else if (integrityAt < 0) {
      // What follows MESSAGE-INTEGRITY isn't covered by it, and is ignored (RFC 8489 §14.5).
      if (type === USERNAME) {
        localUfrag = ufragOf(bytes, value, valueBytes);
        if (localUfrag === undefined) return undefined;
      } else if (type === USE_CANDIDATE) useCandidate = true;
      else if (type === ICE_CONTROLLED) controlled = true;
      else if (type === MESSAGE_INTEGRITY) {
        if (valueBytes !== INTEGRITY_BYTES) return undefined;
        integrityAt = at;
      }
    }
    at = value + ((valueBytes + 3) & ~3);
  }
  if (localUfrag === undefined || integrityAt < 0 || !fingerprinted) return undefined;
  return {
    transactionId: bytes.slice(8, 20),
    localUfrag,
    useCandidate,
    controlled,
    integrityAt,
  };
}

function ufragOf(bytes: Uint8Array, start: number, length: number): string | undefined {
  // RFC 8445 §5.3: a ufrag has 4 to 256 characters; ours are short.
  let ufrag = "";
  for (let i = start; i < start + Math.min(length, 64); i++) {
    const code = bytes[i]!;
    if (code === 0x3a) return ufrag;
    if (code < 0x21 || code > 0x7e) return undefined;
    ufrag += String.fromCharCode(code);
  }
  return undefined;
}

/** True when the request was made with `password`. */
export function verifyBindingRequest(
  bytes: Uint8Array,
  request: BindingRequest,
  password: Uint8Array,
  hmac: Hmac,
): boolean {
  const covered = bytes.slice(0, request.integrityAt);
  // The length that the sender hashed ended with MESSAGE-INTEGRITY (RFC 8489 §14.5).
  const hashedBytes = request.integrityAt - HEADER_BYTES + 4 + INTEGRITY_BYTES;
  covered[2] = hashedBytes >> 8;
  covered[3] = hashedBytes & 0xff;
  const expected = hmac(password, covered);
  let difference = 0;
  for (let i = 0; i < INTEGRITY_BYTES; i++) {
    difference |= expected[i]! ^ bytes[request.integrityAt + 4 + i]!;
  }
  return difference === 0;
}

/** The success answer, telling the peer the address that it was seen at. */
export function writeBindingSuccess(
  request: BindingRequest,
  from: Remote,
  password: Uint8Array,
  hmac: Hmac,
): Uint8Array {
  const address = addressBytes(from);
  const message = new Message(BINDING_SUCCESS, request.transactionId);
  const value = new Uint8Array(4 + address.length);
  value[1] = from.family === 4 ? 1 : 2;
  value[2] = (from.port >> 8) ^ 0x21;
  value[3] = (from.port & 0xff) ^ 0x12;
  // The address is combined with the cookie and the transaction id, bytes 4–19 of the header.
  address.forEach((byte, i) => value[4 + i] = byte ^ message.bytes[4 + i]!);
  message.add(XOR_MAPPED_ADDRESS, value);
  return message.finish(password, hmac);
}

/** The 487 answer: we are ICE-lite, hence always controlled, so the peer must control. */
export function writeRoleConflict(
  request: BindingRequest,
  password: Uint8Array,
  hmac: Hmac,
): Uint8Array {
  const message = new Message(BINDING_ERROR, request.transactionId);
  const value = new Uint8Array(4);
  value[2] = Math.floor(ROLE_CONFLICT / 100);
  value[3] = ROLE_CONFLICT % 100;
  message.add(ERROR_CODE, value);
  return message.finish(password, hmac);
}

/** A message under construction. */
class Message {
  readonly bytes = new Uint8Array(128);
  readonly #view = new DataView(this.bytes.buffer);
  #length = HEADER_BYTES;

  constructor(type: number, transactionId: Uint8Array) {
    this.#view.setUint16(0, type);
    this.#view.setUint32(4, MAGIC_COOKIE);
    this.bytes.set(transactionId, 8);
  }

  add(type: number, value: Uint8Array): void {
    this.#view.setUint16(this.#length, type);
    this.#view.setUint16(this.#length + 2, value.length);
    this.bytes.set(value, this.#length + 4);
    this.#length += 4 + ((value.length + 3) & ~3);
    this.#view.setUint16(2, this.#length - HEADER_BYTES);
  }

  finish(password: Uint8Array, hmac: Hmac): Uint8Array {
    this.#view.setUint16(2, this.#length - HEADER_BYTES + 4 + INTEGRITY_BYTES);
    this.add(MESSAGE_INTEGRITY, hmac(password, this.bytes.slice(0, this.#length)));
    this.#view.setUint16(2, this.#length - HEADER_BYTES + 8);
    const fingerprint = new Uint8Array(4);
    new DataView(fingerprint.buffer).setUint32(
      0,
      crc32(this.bytes, this.#length) ^ FINGERPRINT_XOR,
    );
    this.add(FINGERPRINT, fingerprint);
    return this.bytes.subarray(0, this.#length);
  }
}

/** A peer's own request; the product only answers, tests and load generators ask. */
export function writeBindingRequest(
  options: {
    username: string;
    transactionId: Uint8Array;
    useCandidate?: boolean;
    controlled?: boolean;
  },
  password: Uint8Array,
  hmac: Hmac,
): Uint8Array {
  const message = new Message(BINDING_REQUEST, options.transactionId);
  message.add(USERNAME, new TextEncoder().encode(options.username));
  if (options.useCandidate === true) message.add(USE_CANDIDATE, new Uint8Array());
  message.add(PRIORITY, Uint8Array.from(PEER_REFLEXIVE_PRIORITY));
  message.add(options.controlled === true ? ICE_CONTROLLED : ICE_CONTROLLING, new Uint8Array(8));
  return message.finish(password, hmac);
}

/** The 4 or 16 bytes of a textual address. */
export function addressBytes(remote: Remote): number[] {
  if (remote.family === 4) return remote.address.split(".").map(Number);
  const [head = "", tail] = remote.address.split("%")[0]!.split("::");
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array<number>(Math.max(0, 16 - left.length - right.length)).fill(0);
  return [...left, ...zeros, ...right].slice(0, 16);
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
