/**
 * Turns clusters of encrypted frames into clusters of frames.
 *
 * Invariants: nothing that isn't authentic, or stands where another moment was, is handed on, but for sound of one byte,
 * which holds nothing but silence; a picture that lost a frame goes on with its next key frame.
 */
import { writeCluster } from "../../../../rooms/contract/recording/webm.ts";
import type { Block } from "../../../../rooms/contract/recording/webm.ts";
import type { KeyRing, Opened, Origin } from "../../../../rooms/contract/encryption/key_ring.ts";
import { readClusters } from "./clusters.ts";
import type { FrameOrder } from "./frame_order.ts";

/** An Opus frame without content: the recorder fills gaps with it. */
const SILENCE_BYTES = 1;

export interface Decrypted {
  clusters: Block[][];
  /** Epochs of frames that there was no key for. */
  missing: Set<number>;
  /** Some frames belong to another moment. */
  misplaced: boolean;
}

/** Where the clusters are from. */
export interface ClusterOrigin {
  origin: Origin;
  trackId: string;
  /** The track's time 0 on the recording's timeline. */
  startMs: number;
}

/** Undefined for bytes that aren't clusters. */
export async function decryptClusters(
  bytes: Uint8Array<ArrayBuffer>,
  { origin, trackId, startMs }: ClusterOrigin,
  { ring, order }: { ring: KeyRing; order: FrameOrder },
): Promise<Decrypted | undefined> {
  const encrypted = readClusters(bytes);
  if (encrypted === undefined) return undefined;
  const isSound = origin.source === "audio" || origin.source === "screenAudio";
  const missing = new Set<number>();
  const clusters: Block[][] = [];
  let broken = false;
  let misplaced = false;
  for (const blocks of encrypted) {
    const plain: Block[] = [];
    // Web Crypto works on several at a time; one after the other would wait for each.
    const opened = await Promise.all(
      blocks.map(({ data }) => ring.open(data as Uint8Array<ArrayBuffer>, origin)),
    );
    const inPlace = placed(blocks, opened, { origin, trackId, startMs }, order);
    for (const [at, block] of blocks.entries()) {
      const frame = opened[at]!;
      if (frame.status === "no-key") missing.add(frame.epoch);
      if (isSound && block.data.length === SILENCE_BYTES) plain.push(block);
      else if (frame.status !== "opened") broken = true;
      else if (!inPlace.has(block)) broken = misplaced = true;
      else if (isSound || !broken || block.keyFrame) {
        broken = false;
        plain.push({ ...block, data: frame.frame });
      }
    }
    if (plain.length > 0) clusters.push(plain);
  }
  return { clusters, missing, misplaced };
}

/** The blocks that stand where they were sent. */
function placed(
  blocks: readonly Block[],
  opened: readonly Opened[],
  { origin: { participantId }, trackId, startMs }: ClusterOrigin,
  order: FrameOrder,
): Set<Block> {
  const frames = blocks.flatMap((block, at) => {
    const frame = opened[at]!;
    return frame.status === "opened" ? [{ block, ...frame, atMs: startMs + block.atMs }] : [];
  });
  const inPlace = new Set<Block>();
  for (const [sender, ofPage] of Map.groupBy(frames, ({ sender }) => sender)) {
    const admitted = order.admit({ participantId, sender }, trackId, ofPage);
    for (const [n, { block }] of ofPage.entries()) if (admitted[n]) inPlace.add(block);
  }
  return inPlace;
}

/** The clusters one after the other, as a player takes them. */
export function joinClusters(clusters: readonly (readonly Block[])[]): Uint8Array<ArrayBuffer> {
  const written = clusters.map((blocks) => writeCluster(blocks));
  const bytes = new Uint8Array(written.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const cluster of written) {
    bytes.set(cluster, at);
    at += cluster.length;
  }
  return bytes;
}
