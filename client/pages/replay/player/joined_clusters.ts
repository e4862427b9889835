/**
 * One answer's clusters as one, so that a picture lasts until the next one comes, as the one that stood there when a
 * camera stalled: an engine guesses how long a cluster's last picture lasts, and Chromium shows none that is
 * sought before a gap.
 *
 * Firefox needs it for sound too: it takes each appended cluster by itself, and drops everything up to the next
 * key frame where what comes next is later than twice the guess (Media Source Extensions §3.5.8, step "discontinuity").
 *
 * Pure. Invariant: blocks, their bytes and their times stay what they were; the last one says how long it lasts.
 */
import { type Block, MAX_CLUSTER_MS } from "../../../../rooms/contract/recording/webm.ts";
import { readClusters } from "../decryption/clusters.ts";

const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];
const TIMESTAMP = [0xe7];
const SIMPLE_BLOCK = [0xa3];
const BLOCK_GROUP = [0xa0];
const BLOCK = [0xa1];
const BLOCK_DURATION = [0x9b];
/** A group that names no block before it would be a key frame. */
const REFERENCE_BLOCK = [0xfb];
const EARLIER = new Uint8Array([0xff]);
const KEY_FRAME = 0x80;
/** After more than this nothing was sent, and the picture is gone. */
const MAX_LAST_MS = 1000;

/** `endMs` is when the next cluster begins, in the track's own time. What can't be read stays as it is. */
export function joinClusters(
  bytes: Uint8Array<ArrayBuffer>,
  endMs: number,
): Uint8Array<ArrayBuffer> {
  const blocks = readClusters(bytes)?.flat() ?? [];
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined) return bytes;
  if (last.atMs - first.atMs > MAX_CLUSTER_MS) return bytes;
  const lastsMs = Math.max(1, Math.min(MAX_LAST_MS, Math.round(endMs) - last.atMs));
  const elements = blocks.map((block) => {
    const flags = block.keyFrame ? KEY_FRAME : 0;
    if (block !== last) return element(SIMPLE_BLOCK, [blockOf(block, first.atMs, flags)]);
    return element(BLOCK_GROUP, [
      element(BLOCK, [blockOf(block, first.atMs, 0)]),
      element(BLOCK_DURATION, [uint(lastsMs)]),
      ...block.keyFrame ? [] : [element(REFERENCE_BLOCK, [EARLIER])],
    ]);
  });
  return element(CLUSTER, [element(TIMESTAMP, [uint(first.atMs)]), ...elements]);
}

function blockOf({ atMs, data }: Block, fromMs: number, flags: number): Uint8Array {
  const offset = atMs - fromMs;
  return join([new Uint8Array([0x81, offset >> 8, offset & 0xff, flags]), data]);
}

function element(id: readonly number[], content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(size) | 0x01n << 56n);
  return join([new Uint8Array(id), head, ...content]);
}

function uint(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
