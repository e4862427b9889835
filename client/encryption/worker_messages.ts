/** What page and worker say to each other. Secrets go one way: into the worker. */
import type { Bytes } from "../../rooms/contract/encryption/secret.ts";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import type { EncodedFrame, TransformTask } from "./encoded_frames.ts";

export type ToWorker =
  /** Once: whose page this is. */
  | { op: "begin"; participantId: string; sender: number }
  /** To decrypt with. */
  | { op: "hold"; secret: Bytes }
  /** To encrypt with from here on, and to decrypt. */
  | { op: "enter"; secret: Bytes }
  /** To encrypt and send nothing until an epoch is entered. */
  | { op: "leave" }
  /** The page that each participant's frames must come from. */
  | { op: "senders"; senders: ReadonlyMap<string, number> }
  /** Where transforms aren't made by the browser. */
  | {
    op: "streams";
    task: TransformTask;
    readable: ReadableStream<EncodedFrame>;
    writable: WritableStream<EncodedFrame>;
  };

export type FromWorker =
  | { op: "missing"; epoch: number }
  /** Whether frames of a source come that can't be decrypted. */
  | { op: "waiting"; participantId: string; source: MediaSource; waiting: boolean }
  /** A video is broken until its next key frame. */
  | { op: "keyFrame"; consumerId: string };
