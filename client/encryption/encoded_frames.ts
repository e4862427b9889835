/** Encoded transforms (W3C WebRTC Encoded Transform), as far as they are used: TypeScript's library lacks them. */
import type { MediaSource } from "../../rooms/contract/document/schema.ts";

/** RTCEncodedVideoFrame and RTCEncodedAudioFrame. */
export interface EncodedFrame {
  data: ArrayBuffer;
}

/** What a transform is to do. */
export type TransformTask =
  | { role: "encrypt"; source: MediaSource }
  | { role: "decrypt"; source: MediaSource; participantId: string; consumerId: string };

/** The two ends of a transform; key frames can be asked for where the browser knows how. */
export interface EncodedStreams {
  readable: ReadableStream<EncodedFrame>;
  writable: WritableStream<EncodedFrame>;
  generateKeyFrame?(): Promise<unknown>;
  sendKeyFrameRequest?(): Promise<unknown>;
}

export interface ScriptTransformer extends EncodedStreams {
  readonly options: TransformTask;
}
