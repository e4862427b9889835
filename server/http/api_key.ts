/** Lets requests with a valid API key through, and slows down an address that guesses. */
import type { MiddlewareHandler } from "hono";
import type { HttpDeps, HttpEnv } from "./context.ts";
import { Problem } from "./problems.ts";

export function requireApiKey(deps: HttpDeps): MiddlewareHandler<HttpEnv> {
  return async (context, next) => {
    const key = /^Bearer ([A-Za-z0-9_-]{8,200})$/i.exec(context.req.header("authorization") ?? "");
    if (key?.[1] !== undefined && await deps.apiKeys.verify(key[1]) !== null) return await next();
    const name = `key:${context.get("address")}`;
    const retryAfterMs = deps.attempts.blockedForMs(name, deps.now());
    if (retryAfterMs > 0) {
      throw new Problem("rate-limited", "Too many wrong API keys from this address.", {
        retryAfterMs,
      });
    }
    deps.attempts.fail(name, deps.now());
    throw new Problem("unauthorized", "Send a valid API key as a Bearer token.");
  };
}
