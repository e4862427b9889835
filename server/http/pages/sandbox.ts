/**
 * Says with which headers a file of the built client is sent: our pages, and what runs people's code.
 *
 * Invariants: the decision is the file's, however its address was spelled; a document below `sandbox/` has an opaque
 * origin, whatever frames it; it can reach `/sandbox/` and nothing else of ours or anybody's, and what lies there is the
 * same for everyone.
 */
import type { Uses } from "../context.ts";
import { pageHeaders, previewHeaders, sandboxHeaders } from "./security_headers.ts";

/** Folders named by a version, and chunks named by their hash. */
const UNCHANGING = /^sandbox\/(runtimes\/[^/]+-[^/]+|parts)\//;

/** `name` is the file's inside the client's folder; `origin` the one that the request came to. */
export function headersOfFile(
  name: string,
  origin: string,
  { publicUrl }: Uses<{ publicUrl: true }>,
): Record<string, string> {
  const origins = [origin, publicUrl];
  const isPage = /\.html?$/i.test(name);
  if (!/^sandbox\//i.test(name)) return isPage ? pageHeaders(publicUrl, origins) : {};
  const policy = /\/preview\.html$/i.test(name) ? previewHeaders : sandboxHeaders;
  return {
    ...policy(origins),
    "cache-control": UNCHANGING.test(name) ? "public, max-age=31536000, immutable" : "no-cache",
  };
}
