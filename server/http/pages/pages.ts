/** The built client: its pages and what they load, the sandbox included. Unknown paths get a plain 404, never a page that then fails. */
import { Hono } from "hono";
import type { Context } from "hono";
import type { HttpEnv, Uses } from "../context.ts";
import { Problem } from "../problems.ts";
import { headersOfFile } from "./sandbox.ts";
import { StaticFiles } from "./static_files.ts";

export function pageRoutes(deps: Uses<{ clientDir: true; publicUrl: true }>): Hono<HttpEnv> {
  const files = new StaticFiles(deps.clientDir);
  const routes = new Hono<HttpEnv>();

  const serve = (path: string, context: Context<HttpEnv>) => {
    const { origin } = new URL(context.req.url);
    return files.serve(path, context.req.raw, (name) => headersOfFile(name, origin, deps));
  };
  const page = (path: string) => async (context: Context<HttpEnv>) => {
    const response = await serve(path, context);
    if (response !== null) return response;
    throw new Problem("unavailable", "The client isn't built. Run: deno task build");
  };

  routes.get("/", page("/index.html"));
  routes.get("/video-room/:meetingId", page("/room.html"));
  routes.get("/lessons", page("/lessons.html"));
  routes.get("/lessons/:meetingId/analytics", page("/analytics.html"));
  routes.get("/recordings/:recordingId", page("/replay.html"));

  routes.get("*", async (context) => {
    const response = await serve(context.req.path, context);
    if (response === null) throw new Problem("not-found", "There is nothing at this address.");
    return response;
  });

  return routes;
}
