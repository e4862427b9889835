/**
 * Reads the clusters that rooms/contract/recording/webm.ts wrote, so that their frames can be decrypted and written anew.
 *
 * Only what that writer writes is understood: clusters of a timestamp and SimpleBlocks of one track without lacing.
 * Anything else at the top level (cues) is passed over.
 */
import type { Block } from "../../../../rooms/contract/recording/webm.ts";

const CLUSTER = 0x1f43b675;
const TIMESTAMP = 0xe7;
const SIMPLE_BLOCK = 0xa3;
/** Track number, time and flags (RFC 9559 §10.2). */
const BLOCK_HEAD_BYTES = 4;
const KEY_FRAME = 0x80;

/** The blocks of each whole cluster. Undefined for bytes that aren't such a file's. */
export function readClusters(bytes: Uint8Array<ArrayBuffer>): Block[][] | undefined {
  const clusters: Block[][] = [];
  for (let at = 0; at < bytes.length;) {
    const element = readElement(bytes, at);
    if (element === undefined) return undefined;
    at = element.end;
    if (element.id !== CLUSTER) continue;
    const blocks = readBlocks(bytes.subarray(element.start, element.end));
    if (blocks === undefined) return undefined;
    clusters.push(blocks);
  }
  return clusters;
}

function readBlocks(cluster: Uint8Array<ArrayBuffer>): Block[] | undefined {
  const blocks: Block[] = [];
  let clusterMs = 0;
  for (let at = 0; at < cluster.length;) {
    const element = readElement(cluster, at);
    if (element === undefined) return undefined;
    const { id, start, end } = element;
    if (id === TIMESTAMP) clusterMs = readUint(cluster, start, end);
    if (id === SIMPLE_BLOCK) {
      if (end - start < BLOCK_HEAD_BYTES) return undefined;
      const offsetMs = cluster[start + 1]! << 24 >> 16 | cluster[start + 2]!;
      blocks.push({
        atMs: clusterMs + offsetMs,
        keyFrame: (cluster[start + 3]! & KEY_FRAME) !== 0,
        data: cluster.slice(start + BLOCK_HEAD_BYTES, end),
      });
    }
    at = end;
  }
  return blocks;
}

/** An element's id and where its content stands (RFC 8794 §4, §5). */
function readElement(
  bytes: Uint8Array,
  at: number,
): { id: number; start: number; end: number } | undefined {
  const idBytes = Math.clz32(bytes[at] ?? 0) - 23;
  const sizeAt = at + idBytes;
  const sizeBytes = Math.clz32(bytes[sizeAt] ?? 0) - 23;
  if (idBytes > 4 || sizeBytes > 8 || sizeAt + sizeBytes > bytes.length) return undefined;
  const id = readUint(bytes, at, sizeAt);
  const start = sizeAt + sizeBytes;
  const marked = readUint(bytes, sizeAt, start);
  const end = start + marked - 2 ** (7 * sizeBytes);
  return end > bytes.length ? undefined : { id, start, end };
}

function readUint(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 256 + bytes[at]!;
  return value;
}
