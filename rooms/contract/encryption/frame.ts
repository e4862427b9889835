/**
 * One encrypted frame: `clear | ciphertext | tag | trailer` (ENCRYPTION.md, *Frames*).
 *
 * The first bytes stay clear, because the server packetizes by them, sees key frames and reads their size. They and the
 * trailer are authenticated with the rest, and so is the source: a camera can't be passed off as a screen.
 * The key belongs to one page of one participant in one epoch, so a counter that never repeats within that page makes an IV
 * that never repeats under the key. Malformed frames are expected: they are answered, never thrown.
 */
import { type Bytes, concat, ENCRYPTION_VERSION } from "./secret.ts";
import { MEDIA_SOURCES, type MediaSource } from "../document/schema.ts";

/** Epoch, sender and counter in four bytes each, and the version. */
export const TRAILER_BYTES = 13;
export const TAG_BYTES = 16;
/** What a frame grows by. */
export const OVERHEAD_BYTES = TRAILER_BYTES + TAG_BYTES;

/** VP8 payloads begin with a frame tag of 3 bytes, those of key frames with 7 more (RFC 6386 §9.1). */
const CLEAR_OF_KEY_FRAME = 10;
const CLEAR_OF_DELTA_FRAME = 3;
/** Opus: the TOC byte (RFC 6716 §3.1). */
const CLEAR_OF_SOUND = 1;

const MAX_COUNTER = 0xffffffff;
const IV_BYTES = 12;

export interface Trailer {
  epoch: number;
  /** Which page of the participant it is from: {@linkcode senderOf} its public key. */
  sender: number;
  counter: number;
}

/** How many bytes of a frame stay clear; the frame's own first byte says whether one of video is a key frame. */
export function clearBytes(source: MediaSource, frame: Uint8Array): number {
  if (source === "audio" || source === "screenAudio") return CLEAR_OF_SOUND;
  const isKeyFrame = frame.length > 0 && (frame[0]! & 1) === 0;
  return isKeyFrame ? CLEAR_OF_KEY_FRAME : CLEAR_OF_DELTA_FRAME;
}

/** The trailer of an encrypted frame, or undefined of one that can't be. */
export function readTrailer(frame: Uint8Array): Trailer | undefined {
  if (frame.length <= OVERHEAD_BYTES) return undefined;
  if (frame[frame.length - 1] !== ENCRYPTION_VERSION) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset + frame.length - TRAILER_BYTES);
  return { epoch: view.getUint32(0), sender: view.getUint32(4), counter: view.getUint32(8) };
}

export async function encryptFrame(
  frame: Bytes,
  { key, source, trailer }: { key: CryptoKey; source: MediaSource; trailer: Trailer },
): Promise<Bytes> {
  if (!(trailer.counter >= 0 && trailer.counter <= MAX_COUNTER)) {
    throw new RangeError(`a frame's counter of ${trailer.counter}`);
  }
  const clear = frame.subarray(0, clearBytes(source, frame));
  const end = writeTrailer(trailer);
  const ciphertext = await crypto.subtle.encrypt(
    algorithm({ clear, end, source, counter: trailer.counter }),
    key,
    frame.subarray(clear.length),
  );
  return concat([clear, new Uint8Array(ciphertext), end]);
}

/** The frame as it was, or undefined when it isn't authentic. */
export async function decryptFrame(
  frame: Bytes,
  { key, source }: { key: CryptoKey; source: MediaSource },
): Promise<Bytes | undefined> {
  const trailer = readTrailer(frame);
  if (trailer === undefined) return undefined;
  const size = frame.length - OVERHEAD_BYTES;
  const clear = frame.subarray(0, Math.min(size, clearBytes(source, frame)));
  const end = frame.subarray(frame.length - TRAILER_BYTES);
  try {
    const plain = await crypto.subtle.decrypt(
      algorithm({ clear, end, source, counter: trailer.counter }),
      key,
      frame.subarray(clear.length, frame.length - TRAILER_BYTES),
    );
    return concat([clear, new Uint8Array(plain)]);
  } catch {
    return undefined;
  }
}

function writeTrailer({ epoch, sender, counter }: Trailer): Bytes {
  const bytes = new Uint8Array(TRAILER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, epoch);
  view.setUint32(4, sender);
  view.setUint32(8, counter);
  bytes[TRAILER_BYTES - 1] = ENCRYPTION_VERSION;
  return bytes;
}

function algorithm(
  { clear, end, source, counter }: {
    clear: Uint8Array;
    end: Uint8Array;
    source: MediaSource;
    counter: number;
  },
): AesGcmParams {
  const iv = new Uint8Array(IV_BYTES);
  new DataView(iv.buffer).setUint32(IV_BYTES - 4, counter);
  const additionalData = concat([new Uint8Array([MEDIA_SOURCES.indexOf(source)]), clear, end]);
  return { name: "AES-GCM", iv, additionalData, tagLength: TAG_BYTES * 8 };
}
