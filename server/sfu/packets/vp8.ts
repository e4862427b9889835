/**
 * What a forwarder reads of VP8: the payload descriptor and the first bit of the frame (RFC 7741 §4.2–4.3).
 *
 * The frame itself may be encrypted end to end; only its first ten bytes are looked at.
 */

/** A parsed descriptor; fields that the packet lacks are −1. */
export interface Vp8Descriptor {
  /** The packet begins a partition 0, hence a frame. */
  startsFrame: boolean;
  /** `startsFrame` of a frame that needs no earlier one. */
  keyFrame: boolean;
  pictureId: number;
  tl0PictureIndex: number;
  temporalLayer: number;
  descriptorBytes: number;
  /** Where the picture id and the TL0 index stand in the payload, −1 where they are absent. */
  pictureIdAt: number;
  tl0PictureIndexAt: number;
}

/** Size of a key frame in pixels. */
export interface FrameSize {
  width: number;
  height: number;
}

/** An empty descriptor to parse into. */
export function createVp8Descriptor(): Vp8Descriptor {
  return {
    startsFrame: false,
    keyFrame: false,
    pictureId: -1,
    tl0PictureIndex: -1,
    temporalLayer: -1,
    descriptorBytes: 0,
    pictureIdAt: -1,
    tl0PictureIndexAt: -1,
  };
}

/** Reads the descriptor of `length` bytes of payload; false when they are too few. */
export function parseVp8Descriptor(
  payload: Uint8Array,
  length: number,
  into: Vp8Descriptor,
): boolean {
  if (length < 1) return false;
  const first = payload[0]!;
  let at = 1;
  let pictureId = -1;
  let tl0PictureIndex = -1;
  let temporalLayer = -1;
  let pictureIdAt = -1;
  let tl0PictureIndexAt = -1;
  if ((first & 0x80) !== 0) {
    if (at >= length) return false;
    const extension = payload[at++]!;
    if ((extension & 0x80) !== 0) {
      if (at >= length) return false;
      pictureIdAt = at;
      pictureId = payload[at++]!;
      if ((pictureId & 0x80) !== 0) {
        if (at >= length) return false;
        pictureId = ((pictureId & 0x7f) << 8) | payload[at++]!;
      }
    }
    if ((extension & 0x40) !== 0) {
      if (at >= length) return false;
      tl0PictureIndexAt = at;
      tl0PictureIndex = payload[at++]!;
    }
    if ((extension & 0x30) !== 0) {
      if (at >= length) return false;
      const layers = payload[at++]!;
      if ((extension & 0x20) !== 0) temporalLayer = layers >> 6;
    }
  }
  if (at >= length) return false;
  into.startsFrame = (first & 0x10) !== 0 && (first & 0x07) === 0;
  into.keyFrame = into.startsFrame && (payload[at]! & 0x01) === 0;
  into.pictureId = pictureId;
  into.tl0PictureIndex = tl0PictureIndex;
  into.temporalLayer = temporalLayer;
  into.descriptorBytes = at;
  into.pictureIdAt = pictureIdAt;
  into.tl0PictureIndexAt = tl0PictureIndexAt;
  return true;
}

/** Frame tag and start code before the size of a key frame (RFC 6386 §9.1). */
const START_CODE_AT = 3;
const START_CODE = [0x9d, 0x01, 0x2a];
const SIZE_AT = START_CODE_AT + START_CODE.length;

/**
 * Reads the size from the first ten bytes of a key frame, which end-to-end encryption leaves clear; false when they
 * aren't there.
 */
export function parseVp8Size(
  payload: Uint8Array,
  length: number,
  descriptorBytes: number,
  into: FrameSize,
): boolean {
  if (descriptorBytes + SIZE_AT + 4 > length) return false;
  for (let i = 0; i < START_CODE.length; i++) {
    if (payload[descriptorBytes + START_CODE_AT + i] !== START_CODE[i]) return false;
  }
  const at = descriptorBytes + SIZE_AT;
  // Two bits of each are the scaling that a player may apply.
  into.width = ((payload[at + 1]! & 0x3f) << 8) | payload[at]!;
  into.height = ((payload[at + 3]! & 0x3f) << 8) | payload[at + 2]!;
  return into.width > 0 && into.height > 0;
}
