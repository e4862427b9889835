/**
 * The HTTP side of Lectern, put together: booking API, join, socket, health, pages.
 *
 * Invariants: every answer is logged by its path without the query (a passcode stands there), and every refusal is a
 * problem document. Nothing here keeps state.
 */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { addressName } from "../attempts.ts";
import { apiRoutes } from "./api/api.ts";
import { assetRoutes } from "./meeting/assets.ts";
import type { HttpDeps, HttpEnv, Uses } from "./context.ts";
import { earlierRoutes } from "./meeting/earlier.ts";
import { healthRoutes } from "./health.ts";
import { joinRoutes } from "./meeting/join.ts";
import { lessonRoutes } from "./meeting/lessons.ts";
import { unusableField } from "./api/operation.ts";
import { pageRoutes } from "./pages/pages.ts";
import { internalProblem, Problem } from "./problems.ts";
import { recordingRoutes } from "./meeting/recordings.ts";
import { COMMON_HEADERS } from "./pages/security_headers.ts";
import { thumbnailRoutes } from "./meeting/thumbnails.ts";
import { tryItRoutes } from "./pages/try_it.ts";

/** Requests of watchers and of pages' files, which would drown the rest of the log. */
const QUIET = /^\/(healthz|readyz|metrics|assets\/|sandbox\/|api\/socket)/;

export function createApp(deps: HttpDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(nameAddress(deps), logRequests(deps), refuseNul);
  app.onError((error, context) => answerError(deps, error, context));
  app.notFound(() => new Problem("not-found", "There is nothing at this address.").toResponse());

  app.route("/", healthRoutes(deps));
  app.route("/api/assets", assetRoutes(deps));
  app.use("/api/*", neverCached);
  app.get("/api/socket", (context) =>
    deps.rooms.upgrade(context.req.raw, {
      address: context.get("address"),
      connection: context.env.connection ?? null,
    }));
  app.route("/api/earlier", earlierRoutes(deps));
  app.route("/api/thumbnails", thumbnailRoutes(deps));
  app.route("/api/join", joinRoutes(deps));
  app.route("/api/lessons", lessonRoutes(deps));
  app.route("/api/recordings", recordingRoutes(deps));
  app.route("/api", tryItRoutes(deps));
  app.route("/api", apiRoutes(deps));
  app.all("/api/*", () => {
    throw new Problem("not-found", "There is nothing at this address.");
  });
  app.route("/", pageRoutes(deps));
  return app;
}

/** Behind a proxy the last address of `X-Forwarded-For` is the one that the proxy itself saw. */
function nameAddress(deps: Uses<{ trustProxy: true }>): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    const forwarded = deps.trustProxy ? context.req.header("x-forwarded-for") : undefined;
    const last = forwarded?.split(",").at(-1)?.trim().slice(0, 64);
    context.set("address", addressName(last || context.env.remoteAddress));
    await next();
  };
}

function logRequests(
  deps: Uses<{ logger: "debug" | "info"; metrics: "request" }>,
): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    const started = performance.now();
    await next();
    const { method, path } = context.req;
    const { status } = context.res;
    const ms = Math.round((performance.now() - started) * 10) / 10;
    deps.metrics.request(method, routePath(context), status, ms);
    // A WebSocket's answer can't be changed any more.
    if (status !== 101) {
      for (const [name, value] of Object.entries(COMMON_HEADERS)) context.header(name, value);
    }
    const log = QUIET.test(path) ? deps.logger.debug : deps.logger.info;
    log("request", { method, path, status, ms, address: context.get("address") });
  };
}

/** Addresses hold ids; a database would read one up to its first U+0000 as another (rooms/contract/protocol/text.ts). */
const refuseNul: MiddlewareHandler<HttpEnv> = async (context, next) => {
  if (context.req.url.includes("%00")) throw unusableField("address", "holds U+0000");
  await next();
};

const neverCached: MiddlewareHandler<HttpEnv> = async (context, next) => {
  await next();
  if (context.res.status !== 101) context.header("cache-control", "no-store");
};

function answerError(
  deps: Uses<{ logger: "error" }>,
  error: Error,
  context: Context<HttpEnv>,
): Response {
  if (error instanceof Problem) return error.toResponse();
  if (error instanceof HTTPException) {
    return new Problem("bad-request", "The body isn't valid JSON.").toResponse();
  }
  deps.logger.error("request failed", {
    method: context.req.method,
    path: context.req.path,
    error,
  });
  return internalProblem();
}
