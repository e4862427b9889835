/** The built client: its pages and what they load. Unknown paths get a plain 404, never a page that then fails. */
import { Hono } from "hono";
import type { Context } from "hono";
import type { HttpDeps, HttpEnv } from "./context.ts";
import { Problem } from "./problems.ts";
import { pageHeaders } from "./security_headers.ts";
import { StaticFiles } from "./static_files.ts";

export function pageRoutes(deps: HttpDeps): Hono<HttpEnv> {
  const files = new StaticFiles(deps.clientDir);
  const headers = pageHeaders(deps.publicUrl);
  const routes = new Hono<HttpEnv>();

  const page = (name: string) => async (context: Context<HttpEnv>) => {
    const response = await files.serve(name, context.req.raw, headers);
    if (response !== null) return response;
    throw new Problem("unavailable", "The client isn't built. Run: deno task build");
  };

  routes.get("/", page("/index.html"));
  routes.get("/video-room/:meetingId", page("/room.html"));
  routes.get("/lessons", page("/lessons.html"));
  routes.get("/lessons/:meetingId/analytics", page("/analytics.html"));
  routes.get("/recordings/:recordingId", page("/replay.html"));

  routes.get("*", async (context) => {
    const path = context.req.path;
    const extra = path.endsWith(".html") ? headers : {};
    const response = await files.serve(path, context.req.raw, extra);
    if (response === null) throw new Problem("not-found", "There is nothing at this address.");
    return response;
  });

  return routes;
}
