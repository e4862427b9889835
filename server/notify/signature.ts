/** Signatures of webhooks (Standard Webhooks 1.0: symmetric, `v1`). */
import { createHmac } from "node:crypto";

export interface SignedMessage {
  id: string;
  /** Unix seconds of this attempt. */
  timestamp: number;
  body: string;
}

/** `whsec_` and base64 for each secret; the signatures stand beside each other, any of them will do. */
export function sign(message: SignedMessage, secrets: readonly string[]): string {
  const text = `${message.id}.${message.timestamp}.${message.body}`;
  return secrets.map((secret) => {
    const key = atob(secret.replace(/^whsec_/, ""));
    const bytes = Uint8Array.from(key, (letter) => letter.charCodeAt(0));
    return `v1,${createHmac("sha256", bytes).update(text).digest("base64")}`;
  }).join(" ");
}
