/** Versions of what the API answers: an ETag is made of the representation itself (RFC 9110 §8.8.3). */
import { createHash } from "node:crypto";
import { Problem } from "../problems.ts";

export function etagOf(body: string): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}

/** Whether a list such as `"a", W/"b"` or `*` names this ETag. Weak ones compare by their text. */
export function namesEtag(list: string, etag: string): boolean {
  return list.split(",").some((named) => {
    const text = named.trim();
    return text === "*" || text.replace(/^W\//, "") === etag;
  });
}

/** @throws Problem `changed` when the caller's If-Match names another representation than this one. */
export function requireMatch(ifMatch: string | undefined, representation: unknown): void {
  if (ifMatch === undefined || namesEtag(ifMatch, etagOf(JSON.stringify(representation)))) return;
  throw new Problem("changed", "It was changed since you read it. Read it again, then decide.");
}
