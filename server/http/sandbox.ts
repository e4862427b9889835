/**
 * Serves what runs people's code: the sandbox's pages and scripts, and the languages.
 *
 * Invariants: a document from here has an opaque origin, whatever frames it; it can reach `/sandbox/` and nothing else of
 * ours or anybody's, and what lies there is the same for everyone.
 */
import { Hono } from "hono";
import type { HttpDeps, HttpEnv } from "./context.ts";
import { Problem } from "./problems.ts";
import { sandboxHeaders } from "./security_headers.ts";
import { StaticFiles } from "./static_files.ts";

/** Folders named by a version, and chunks named by their hash. */
const UNCHANGING = /^\/sandbox\/(runtimes\/[^/]+-[^/]+|parts)\//;

export function sandboxRoutes(deps: HttpDeps): Hono<HttpEnv> {
  const files = new StaticFiles(deps.clientDir);
  const routes = new Hono<HttpEnv>();
  routes.get("/*", async (context) => {
    const { path, url } = context.req;
    const response = await files.serve(path, context.req.raw, {
      ...sandboxHeaders([new URL(url).origin, deps.publicUrl]),
      "cache-control": UNCHANGING.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
    });
    if (response === null) throw new Problem("not-found", "There is nothing at this address.");
    return response;
  });
  return routes;
}
