/** Whether and how this browser can encrypt frames before they leave the page. */

/** `script` is W3C's RTCRtpScriptTransform; `streams` is what Chromium had before. */
export type EncryptionWay = "script" | "streams";

/** Chromium's earlier interface, which TypeScript's library lacks. */
export interface StreamMaker {
  createEncodedStreams(): { readable: ReadableStream; writable: WritableStream };
}

/** Null for a browser that can't take part in an encrypted lesson. */
export function encryptionWay(): EncryptionWay | null {
  if (!("crypto" in globalThis) || crypto.subtle === undefined) return null;
  if ("RTCRtpScriptTransform" in globalThis) return "script";
  const Sender = (globalThis as { RTCRtpSender?: { prototype: object } }).RTCRtpSender;
  return Sender !== undefined && "createEncodedStreams" in Sender.prototype ? "streams" : null;
}
