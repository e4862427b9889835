/** What the replay's page and its decrypting worker say to each other. */
import type { Bytes } from "../../../../rooms/contract/encryption/secret.ts";
import type { MediaSource } from "../../../../rooms/contract/document/schema.ts";

export type DecryptQuestion =
  | { type: "secrets"; secrets: readonly Bytes[] }
  | { type: "clusters"; id: number; bytes: Bytes; participantId: string; source: MediaSource };

export interface DecryptAnswer {
  id: number;
  /** Null when what came aren't clusters. */
  bytes: Bytes | null;
  /** Frames of epochs that there is no key for. */
  missing: boolean;
  /** One entry for each cluster in `bytes`: its length, and when it begins in ms of the track. */
  index: readonly { bytes: number; atMs: number; keyFrame: boolean }[];
  /** Where the last frame begins, in ms of the track. */
  lastMs: number;
}
