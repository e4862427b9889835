/**
 * Writes the WebM file of one track, piece by piece: a header, clusters as they come, cues when it is over.
 *
 * An own writer because pieces have to be appended for good while the lesson runs: the header has the same length
 * before and after it is completed, and no later piece changes an earlier one (RFC 8794, RFC 9559).
 * All times are in ms from the track's own start.
 */
import { COLOUR } from "./webm_colour.ts";

export type TrackShape =
  | { kind: "audio"; codec: "opus" }
  | { kind: "video"; codec: "vp8"; width: number; height: number };

/** What is known once the track is over. */
export interface FinishedFile {
  durationMs: number;
  /** Length of all clusters together. */
  clustersBytes: number;
  cuesBytes: number;
}

export interface Block {
  /** From the track's start. */
  atMs: number;
  keyFrame: boolean;
  data: Uint8Array;
}

/** A cluster's blocks lie within a signed 16-bit number of ms of its first. */
export const MAX_CLUSTER_MS = 32_767;

const UNKNOWN_SIZE = new Uint8Array([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
const WRITER = "Lectern";

const ID = {
  void: [0xec],
  ebml: [0x1a, 0x45, 0xdf, 0xa3],
  ebmlVersion: [0x42, 0x86],
  ebmlReadVersion: [0x42, 0xf7],
  ebmlMaxIdLength: [0x42, 0xf2],
  ebmlMaxSizeLength: [0x42, 0xf3],
  docType: [0x42, 0x82],
  docTypeVersion: [0x42, 0x87],
  docTypeReadVersion: [0x42, 0x85],
  segment: [0x18, 0x53, 0x80, 0x67],
  seekHead: [0x11, 0x4d, 0x9b, 0x74],
  seek: [0x4d, 0xbb],
  seekId: [0x53, 0xab],
  seekPosition: [0x53, 0xac],
  info: [0x15, 0x49, 0xa9, 0x66],
  timestampScale: [0x2a, 0xd7, 0xb1],
  duration: [0x44, 0x89],
  muxingApp: [0x4d, 0x80],
  writingApp: [0x57, 0x41],
  tracks: [0x16, 0x54, 0xae, 0x6b],
  trackEntry: [0xae],
  trackNumber: [0xd7],
  trackUid: [0x73, 0xc5],
  trackType: [0x83],
  flagLacing: [0x9c],
  codecId: [0x86],
  codecPrivate: [0x63, 0xa2],
  seekPreRoll: [0x56, 0xbb],
  video: [0xe0],
  pixelWidth: [0xb0],
  pixelHeight: [0xba],
  audio: [0xe1],
  samplingFrequency: [0xb5],
  channels: [0x9f],
  cluster: [0x1f, 0x43, 0xb6, 0x75],
  timestamp: [0xe7],
  simpleBlock: [0xa3],
  cues: [0x1c, 0x53, 0xbb, 0x6b],
  cuePoint: [0xbb],
  cueTime: [0xb3],
  cueTrackPositions: [0xb7],
  cueTrack: [0xf7],
  cueClusterPosition: [0xf1],
} as const;

/** The file up to its first cluster: of one length, whether `finished` or not. */
export function writeHeader(shape: TrackShape, finished?: FinishedFile): Uint8Array<ArrayBuffer> {
  const info = element(ID.info, [
    number(ID.timestampScale, 1_000_000),
    text(ID.muxingApp, WRITER),
    text(ID.writingApp, WRITER),
    finished === undefined ? voidOf(11) : float(ID.duration, finished.durationMs),
  ]);
  const tracks = element(ID.tracks, [trackEntry(shape)]);
  const seekHead = (cuesAt: number) =>
    element(ID.seekHead, [
      element(ID.seek, [
        element(ID.seekId, [new Uint8Array(ID.cues)]),
        element(ID.seekPosition, [uint(cuesAt, 8)]),
      ]),
    ]);
  const seekHeadBytes = seekHead(0).length;
  const beforeClusters = seekHeadBytes + info.length + tracks.length;
  const inside = finished === undefined || finished.cuesBytes === 0
    ? [voidOf(seekHeadBytes), info, tracks]
    : [seekHead(beforeClusters + finished.clustersBytes), info, tracks];
  const size = finished === undefined
    ? UNKNOWN_SIZE
    : longSize(beforeClusters + finished.clustersBytes + finished.cuesBytes);
  return join([ebml(), new Uint8Array(ID.segment), size, ...inside]);
}

/** One cluster of blocks in the order of their times. @throws {RangeError} when they lie too far apart. */
export function writeCluster(blocks: readonly Block[]): Uint8Array<ArrayBuffer> {
  const first = blocks[0];
  if (first === undefined) throw new RangeError("a cluster of no blocks");
  return element(ID.cluster, [
    number(ID.timestamp, first.atMs),
    ...blocks.map(({ atMs, keyFrame, data }) => {
      const offsetMs = atMs - first.atMs;
      if (offsetMs < 0 || offsetMs > MAX_CLUSTER_MS) {
        throw new RangeError(`a block ${offsetMs} ms into its cluster`);
      }
      const head = new Uint8Array([0x81, offsetMs >> 8, offsetMs & 0xff, keyFrame ? 0x80 : 0]);
      return element(ID.simpleBlock, [head, data]);
    }),
  ]);
}

/** The index of a finished file: `offset` counts from the first cluster. */
export function writeCues(
  headerBytes: number,
  points: readonly { atMs: number; offset: number }[],
): Uint8Array<ArrayBuffer> {
  if (points.length === 0) return new Uint8Array();
  // Positions count from the segment's own first byte.
  const before = headerBytes - ebml().length - ID.segment.length - UNKNOWN_SIZE.length;
  return element(
    ID.cues,
    points.map(({ atMs, offset }) =>
      element(ID.cuePoint, [
        number(ID.cueTime, atMs),
        element(ID.cueTrackPositions, [
          number(ID.cueTrack, 1),
          number(ID.cueClusterPosition, before + offset),
        ]),
      ])
    ),
  );
}

function ebml(): Uint8Array {
  return element(ID.ebml, [
    number(ID.ebmlVersion, 1),
    number(ID.ebmlReadVersion, 1),
    number(ID.ebmlMaxIdLength, 4),
    number(ID.ebmlMaxSizeLength, 8),
    text(ID.docType, "webm"),
    number(ID.docTypeVersion, 4),
    number(ID.docTypeReadVersion, 2),
  ]);
}

function trackEntry(shape: TrackShape): Uint8Array {
  const common = [
    number(ID.trackNumber, 1),
    number(ID.trackUid, 1),
    number(ID.trackType, shape.kind === "video" ? 1 : 2),
    number(ID.flagLacing, 0),
  ];
  if (shape.kind === "video") {
    return element(ID.trackEntry, [
      ...common,
      text(ID.codecId, "V_VP8"),
      element(ID.video, [
        element(ID.pixelWidth, [uint(shape.width, 2)]),
        element(ID.pixelHeight, [uint(shape.height, 2)]),
        COLOUR,
      ]),
    ]);
  }
  return element(ID.trackEntry, [
    ...common,
    text(ID.codecId, "A_OPUS"),
    element(ID.codecPrivate, [OPUS_HEAD]),
    // RFC 9559 §28.1.6.2: what a decoder reads before it sounds right, in ns.
    number(ID.seekPreRoll, 80_000_000),
    element(ID.audio, [float(ID.samplingFrequency, 48_000), number(ID.channels, 2)]),
  ]);
}

/** RFC 7845 §5.1: version 1, two channels, nothing skipped, 48 kHz, no gain, mapping family 0. */
const OPUS_HEAD = new Uint8Array([
  ...new TextEncoder().encode("OpusHead"),
  1,
  2,
  0,
  0,
  0x80,
  0xbb,
  0,
  0,
  0,
  0,
  0,
]);

function element(id: readonly number[], parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return join([new Uint8Array(id), sizeOf(bytes), ...parts]);
}

function number(id: readonly number[], value: number): Uint8Array {
  let width = 1;
  while (width < 8 && value >= 256 ** width) width++;
  return element(id, [uint(value, width)]);
}

function text(id: readonly number[], value: string): Uint8Array {
  return element(id, [new TextEncoder().encode(value)]);
}

function float(id: readonly number[], value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return element(id, [bytes]);
}

/** An element to be passed over that takes exactly `bytes`, at most 128. */
function voidOf(bytes: number): Uint8Array {
  return element(ID.void, [new Uint8Array(bytes - 2)]);
}

function uint(value: number, width: number): Uint8Array {
  const bytes = new Uint8Array(width);
  let rest = value;
  for (let at = width - 1; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** The shortest size (RFC 8794 §4): as many leading zeros as further bytes; all ones is reserved. */
function sizeOf(value: number): Uint8Array {
  let width = 1;
  while (value >= 2 ** (7 * width) - 1) width++;
  const bytes = uint(value, width);
  bytes[0]! |= 0x80 >> (width - 1);
  return bytes;
}

function longSize(value: number): Uint8Array {
  const bytes = uint(value, 8);
  bytes[0] = 0x01;
  return bytes;
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
