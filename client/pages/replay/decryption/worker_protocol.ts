/** What the replay's page and its decrypting worker say to each other. */
import type { Bytes } from "../../../../rooms/contract/encryption/secret.ts";
import type { ClusterOrigin } from "./decrypt_clusters.ts";

export type DecryptQuestion =
  | { type: "secrets"; secrets: readonly Bytes[] }
  | { type: "clusters"; id: number; bytes: Bytes; from: ClusterOrigin };

export interface DecryptAnswer {
  id: number;
  /** Null when what came aren't clusters. */
  bytes: Bytes | null;
  /** Frames of epochs that there is no key for. */
  missing: boolean;
  /** Frames that belong to another moment, and were left out. */
  misplaced: boolean;
  /** One entry for each cluster in `bytes`: its length, and when it begins in ms of the track. */
  index: readonly { bytes: number; atMs: number; keyFrame: boolean }[];
  /** Where the last frame begins, in ms of the track. */
  lastMs: number;
}
