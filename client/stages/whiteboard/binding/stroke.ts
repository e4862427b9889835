/**
 * The points of a freehand stroke as binary chunks in a Y.Array, so that a longer stroke costs only its new points.
 *
 * A chunk is one byte of flags and then points to its end: whole hundredths as differences to the point before
 * (tldraw rounds to hundredths), or raw 64-bit floats where a coordinate isn't a whole hundredth.
 * Invariant: reading what was written gives equal segments. Chunks come from peers: malformed ones read as
 * `undefined`.
 */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import type * as Y from "yjs";
import { MAX_STROKE_POINTS } from "./bounds.ts";

export interface StrokePoint {
  x: number;
  y: number;
  /** Pressure, 0 to 1. */
  z?: number;
}

export interface StrokeSegment {
  type: "free" | "straight";
  points: StrokePoint[];
}

const FLAG = { hundredths: 1, startsSegment: 2, straight: 4, pressure: 8 } as const;
const ALL_FLAGS = 15;
const MAX_CHUNK_POINTS = 2048;
const MAX_HUNDREDTHS = 2 ** 40;

interface Chunk {
  startsSegment: boolean;
  type: StrokeSegment["type"];
  points: StrokePoint[];
}

/** The last point in hundredths: what the next chunk's differences refer to. */
type Base = [x: number, y: number, z: number];
const ORIGIN: Base = [0, 0, 0];

/** The segments that the chunks hold, or undefined when they are malformed or too many. */
export function readStroke(chunks: Iterable<unknown>): StrokeSegment[] | undefined {
  const segments: StrokeSegment[] = [];
  let base = ORIGIN;
  let count = 0;
  for (const bytes of chunks) {
    const read = readChunk(bytes, base);
    if (read === undefined) return undefined;
    base = read.base;
    count += read.chunk.points.length;
    if (count > MAX_STROKE_POINTS) return undefined;
    const { startsSegment, type, points } = read.chunk;
    if (startsSegment) segments.push({ type, points });
    else {
      const last = segments.at(-1);
      if (last === undefined) return undefined;
      last.points.push(...points);
    }
  }
  return segments;
}

/** The chunks of a whole stroke. */
export function writeStroke(segments: readonly StrokeSegment[]): Uint8Array<ArrayBuffer>[] {
  return writeFrom(segments, { segment: -1, point: 0 }, ORIGIN);
}

/**
 * Makes `array` hold `segments`: appends what is new behind the chunks that still hold, and drops the others.
 * Answers false, leaving the array as it is, when not even the first chunk holds: then a new array should take its
 * place, so that two people's rewrites don't mix.
 */
export function syncStroke(
  array: Y.Array<Uint8Array>,
  segments: readonly StrokeSegment[],
): boolean {
  const stored = array.toArray();
  let place: Place = { segment: -1, point: 0 };
  let base = ORIGIN;
  let holding = 0;
  for (const bytes of stored) {
    const read = readChunk(bytes, base);
    const next = read === undefined ? undefined : follow(segments, place, read.chunk);
    if (read === undefined || next === undefined) break;
    place = next;
    base = read.base;
    holding++;
  }
  if (holding === 0 && stored.length > 0) return false;
  if (holding < stored.length) array.delete(holding, stored.length - holding);
  const chunks = writeFrom(segments, place, base);
  if (chunks.length > 0) array.push(chunks);
  return true;
}

/** How far a walk through segments has come: in segment `segment`, before point `point`. */
interface Place {
  segment: number;
  point: number;
}

/** Where a chunk ends when the segments continue with exactly its points, else undefined. */
function follow(
  segments: readonly StrokeSegment[],
  place: Place,
  chunk: Chunk,
): Place | undefined {
  let { segment, point } = place;
  if (chunk.startsSegment) {
    if (segment >= 0 && segments[segment]?.points.length !== point) return undefined;
    segment++;
    point = 0;
    if (segments[segment]?.type !== chunk.type) return undefined;
  }
  const points = segments[segment]?.points;
  if (points === undefined || points.length < point + chunk.points.length) return undefined;
  for (const stored of chunk.points) {
    const wanted = points[point++];
    if (wanted?.x !== stored.x || wanted.y !== stored.y || wanted.z !== stored.z) return undefined;
  }
  return { segment, point };
}

function writeFrom(
  segments: readonly StrokeSegment[],
  place: Place,
  from: Base,
): Uint8Array<ArrayBuffer>[] {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let base = from;
  for (let index = Math.max(place.segment, 0); index < segments.length; index++) {
    const segment = segments[index];
    if (segment === undefined) break;
    const continues = index === place.segment;
    let at = continues ? place.point : 0;
    let startsSegment = !continues;
    while (startsSegment || at < segment.points.length) {
      const run = segment.points.slice(at, runEnd(segment.points, at));
      const written = writeChunk({ startsSegment, type: segment.type, points: run }, base);
      chunks.push(written.bytes);
      base = written.base;
      at += run.length;
      startsSegment = false;
    }
  }
  return chunks;
}

/** Where the run of points that one chunk can hold ends: all hundredths or not, all with pressure or not. */
function runEnd(points: readonly StrokePoint[], start: number): number {
  const first = points[start];
  if (first === undefined) return start;
  const hundredths = isHundredths(first);
  let end = start + 1;
  while (end < points.length && end - start < MAX_CHUNK_POINTS) {
    const point = points[end];
    if (point === undefined || isHundredths(point) !== hundredths) break;
    if ((point.z === undefined) !== (first.z === undefined)) break;
    end++;
  }
  return end;
}

function isHundredths({ x, y, z = 0 }: StrokePoint): boolean {
  return isHundredth(x) && isHundredth(y) && isHundredth(z);
}

function isHundredth(value: number): boolean {
  const hundredths = Math.round(value * 100);
  return Math.abs(hundredths) < MAX_HUNDREDTHS && hundredths / 100 === value;
}

function writeChunk(
  { startsSegment, type, points }: Chunk,
  base: Base,
): { bytes: Uint8Array<ArrayBuffer>; base: Base } {
  const pressure = points[0]?.z !== undefined;
  const hundredths = points.every(isHundredths);
  const encoder = encoding.createEncoder();
  encoding.writeUint8(
    encoder,
    (hundredths ? FLAG.hundredths : 0) | (startsSegment ? FLAG.startsSegment : 0) |
      (type === "straight" ? FLAG.straight : 0) | (pressure ? FLAG.pressure : 0),
  );
  let [x, y, z] = base;
  for (const point of points) {
    if (!hundredths) {
      encoding.writeFloat64(encoder, point.x);
      encoding.writeFloat64(encoder, point.y);
      if (pressure) encoding.writeFloat64(encoder, point.z ?? 0);
      continue;
    }
    const next: Base = [
      Math.round(point.x * 100),
      Math.round(point.y * 100),
      Math.round((point.z ?? 0) * 100),
    ];
    encoding.writeVarInt(encoder, next[0] - x);
    encoding.writeVarInt(encoder, next[1] - y);
    if (pressure) encoding.writeVarInt(encoder, next[2] - z);
    [x, y] = next;
    if (pressure) z = next[2];
  }
  return {
    // A copy of its own: lib0 hands out a view of a larger buffer.
    bytes: new Uint8Array(encoding.toUint8Array(encoder)),
    base: hundredths ? [x, y, z] : ORIGIN,
  };
}

function readChunk(bytes: unknown, base: Base): { chunk: Chunk; base: Base } | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length < 1) return undefined;
  try {
    const decoder = decoding.createDecoder(bytes);
    const flags = decoding.readUint8(decoder);
    if (flags > ALL_FLAGS) return undefined;
    const hundredths = (flags & FLAG.hundredths) !== 0;
    const pressure = (flags & FLAG.pressure) !== 0;
    const read = hundredths ? decoding.readVarInt : decoding.readFloat64;
    const points: StrokePoint[] = [];
    let [x, y, z] = base;
    while (decoding.hasContent(decoder)) {
      if (points.length === MAX_CHUNK_POINTS) return undefined;
      if (hundredths) {
        x += read(decoder);
        y += read(decoder);
        if (pressure) z += read(decoder);
        points.push(pressure ? { x: x / 100, y: y / 100, z: z / 100 } : { x: x / 100, y: y / 100 });
      } else {
        const point: StrokePoint = { x: read(decoder), y: read(decoder) };
        if (pressure) point.z = read(decoder);
        points.push(point);
      }
    }
    const type = (flags & FLAG.straight) === 0 ? "free" : "straight";
    const startsSegment = (flags & FLAG.startsSegment) !== 0;
    return {
      chunk: { startsSegment, type, points },
      base: hundredths ? [x, y, z] : ORIGIN,
    };
  } catch {
    // lib0 throws where the bytes end too early.
    return undefined;
  }
}
