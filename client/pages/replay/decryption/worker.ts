/** Decrypts clusters away from the page's main thread. */
import { KeyRing } from "../../../../rooms/contract/encryption/key_ring.ts";
import { secretOf } from "../../../../rooms/contract/encryption/secret.ts";
import { writeCluster } from "../../../../rooms/contract/recording/webm.ts";
import { decryptClusters, joinClusters } from "./decrypt_clusters.ts";
import { FrameOrder } from "./frame_order.ts";
import type { DecryptAnswer, DecryptQuestion } from "./worker_protocol.ts";

interface Scope {
  onmessage: ((event: MessageEvent<DecryptQuestion>) => void) | null;
  postMessage(answer: DecryptAnswer, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as Scope;
const ring = new KeyRing();
const order = new FrameOrder();
let ready = Promise.resolve();

scope.onmessage = ({ data }) => {
  if (data.type === "secrets") {
    const { secrets } = data;
    ready = ready.then(async () => {
      for (const bytes of secrets) ring.add(await secretOf(bytes));
    });
  } else {
    const question = data;
    void ready.then(() => answer(question));
  }
};

async function answer(
  { id, bytes, from }: DecryptQuestion & { type: "clusters" },
): Promise<void> {
  const decrypted = await decryptClusters(bytes, from, { ring, order });
  if (decrypted === undefined) {
    return scope.postMessage(
      { id, bytes: null, missing: false, misplaced: false, index: [], lastMs: 0 },
      [],
    );
  }
  const { clusters, missing, misplaced } = decrypted;
  const joined = joinClusters(clusters);
  const index = clusters.map((blocks) => ({
    bytes: writeCluster(blocks).length,
    atMs: blocks[0]!.atMs,
    keyFrame: blocks[0]!.keyFrame,
  }));
  const lastMs = clusters.at(-1)?.at(-1)?.atMs ?? 0;
  const answer = { id, bytes: joined, missing: missing.size > 0, misplaced, index, lastMs };
  scope.postMessage(answer, [joined.buffer]);
}
