/** For whoever watches over the instance: is it alive, can it serve, and what does it count. */
import { Hono } from "hono";
import type { HttpEnv, Uses } from "./context.ts";
import { Problem } from "./problems.ts";

type Deps = Uses<{ ready: true; logger: "warn"; metrics: "render" }>;

export function healthRoutes(deps: Deps): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get("/healthz", (context) => context.text("ok\n"));

  routes.get("/readyz", async (context) => {
    let remarks: readonly string[];
    try {
      remarks = await deps.ready();
    } catch (error) {
      deps.logger.warn("not ready", { error });
      throw new Problem("unavailable", "This instance can't serve lessons right now.");
    }
    const second = remarks.length === 0 ? "" : `${remarks.join("; ")}\n`;
    return context.text(`ready\n${second}`);
  });

  routes.get("/metrics", async () =>
    new Response(await deps.metrics.render(), {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    }));

  return routes;
}
