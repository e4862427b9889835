/**
 * The colours of recorded pictures, in the header of their file.
 *
 * WebRTC's VP8 is BT.601 in limited range and says so nowhere, and players guess: Chromium's MediaSource takes BT.709
 * at every size, WebKit decides by the height. Chromium's `<video src>` needs all four fields.
 */

const ID = {
  segment: [0x18, 0x53, 0x80, 0x67],
  seekHead: [0x11, 0x4d, 0x9b, 0x74],
  tracks: [0x16, 0x54, 0xae, 0x6b],
  trackEntry: [0xae],
  video: [0xe0],
  colour: [0x55, 0xb0],
} as const;

/** RFC 9559 §5.1.4.1.28.16: SMPTE 170M for matrix, transfer and primaries; range 1 is the limited one. */
export const COLOUR = new Uint8Array([
  ...ID.colour,
  0x90,
  ...[0x55, 0xb1, 0x81, 6],
  ...[0x55, 0xb9, 0x81, 1],
  ...[0x55, 0xba, 0x81, 6],
  ...[0x55, 0xbb, 0x81, 6],
]);

interface Element {
  id: readonly number[];
  /** Where its size begins, and its content. */
  sizeAt: number;
  from: number;
  to: number;
}

/**
 * A header with its colours: as it is where it says them or has no picture, and where it can't be read. Its other
 * elements are kept; what points into the file is left out, since everything behind has moved.
 */
export function withColour(header: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const segment = childrenOf(header, 0, header.length).find(({ id }) => same(id, ID.segment));
  if (segment === undefined) return header;
  const children = childrenOf(header, segment.from, header.length);
  const tracks = children.find(({ id }) => same(id, ID.tracks));
  const entry = tracks && childrenOf(header, tracks.from, tracks.to)
    .find(({ id }) => same(id, ID.trackEntry));
  const video = entry && childrenOf(header, entry.from, entry.to)
    .find(({ id }) => same(id, ID.video));
  if (tracks === undefined || entry === undefined || video === undefined) return header;
  if (childrenOf(header, video.from, video.to).some(({ id }) => same(id, ID.colour))) return header;
  const withIn = (outer: Element, inner: Uint8Array, from: number, to: number) =>
    element(outer.id, [header.subarray(outer.from, from), inner, header.subarray(to, outer.to)]);
  const coloured = element(ID.video, [header.subarray(video.from, video.to), COLOUR]);
  const newEntry = withIn(entry, coloured, video.sizeAt - ID.video.length, video.to);
  const newTracks = withIn(tracks, newEntry, entry.sizeAt - ID.trackEntry.length, entry.to);
  const kept = children.filter(({ id }) => !same(id, ID.seekHead) && !same(id, ID.tracks))
    .map(({ id, sizeAt, to }) => header.subarray(sizeAt - id.length, to));
  return join([
    header.subarray(0, segment.sizeAt),
    UNKNOWN_SIZE,
    ...kept,
    newTracks,
  ]);
}

const UNKNOWN_SIZE = new Uint8Array([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

/** The elements between two places; what doesn't end there is cut off. */
function childrenOf(bytes: Uint8Array, from: number, to: number): Element[] {
  const children: Element[] = [];
  for (let at = from; at < to;) {
    const idWidth = Math.clz32(bytes[at]!) - 23;
    const sizeAt = at + idWidth;
    if (idWidth > 4 || sizeAt >= to) break;
    const width = Math.clz32(bytes[sizeAt]!) - 23;
    if (width > 8 || sizeAt + width > to) break;
    let size = bytes[sizeAt]! & (0xff >> width);
    for (let n = 1; n < width; n++) size = size * 256 + bytes[sizeAt + n]!;
    const content = sizeAt + width;
    children.push({
      id: [...bytes.subarray(at, sizeAt)],
      sizeAt,
      from: content,
      to: Math.min(to, content + size),
    });
    at = content + size;
  }
  return children;
}

function same(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((byte, n) => byte === other[n]);
}

/** Of up to 16,382 bytes, with the two-byte size that any length has. */
function element(id: readonly number[], parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return join([new Uint8Array(id), new Uint8Array([0x40 | (bytes >> 8), bytes & 0xff]), ...parts]);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
