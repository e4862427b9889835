/** Lets requests with a valid API key through, at the key's pace, and slows down an address that guesses. */
import type { MiddlewareHandler } from "hono";
import type { HttpEnv, Uses } from "../context.ts";
import { Problem } from "../problems.ts";
import { RateLimit } from "./rate_limit.ts";

export type KeyCheckDeps = Uses<
  {
    apiKeys: "verify";
    attempts: "blockedForMs" | "fail";
    apiRequestsPerMinute: true;
    clock: true;
  }
>;

export function requireApiKey(deps: KeyCheckDeps): MiddlewareHandler<HttpEnv> {
  const limit = new RateLimit(deps.apiRequestsPerMinute);
  return async (context, next) => {
    const header = context.req.header("authorization") ?? "";
    const text = /^Bearer ([A-Za-z0-9_-]{8,200})$/i.exec(header)?.[1];
    const key = text === undefined ? null : await deps.apiKeys.verify(text);
    if (text === undefined || key === null) refuse(deps, context.get("address"));
    const allowance = limit.take(key.keyId, deps.clock());
    if (!allowance.allowed) {
      throw new Problem("too-many-requests", "This key has made its requests for this minute.", {
        retryAfterMs: allowance.resetMs,
        headers: limit.headers(allowance),
      });
    }
    context.set("apiKey", key);
    context.set("apiKeyText", text);
    await next();
    // Afterwards, so that refusals carry them too.
    for (const [name, value] of Object.entries(limit.headers(allowance))) {
      context.header(name, value);
    }
  };
}

function refuse(deps: Pick<KeyCheckDeps, "attempts">, address: string): never {
  const name = `key:${address}`;
  const retryAfterMs = deps.attempts.blockedForMs(name);
  if (retryAfterMs > 0) {
    throw new Problem("rate-limited", "Too many wrong API keys from this address.", {
      retryAfterMs,
    });
  }
  deps.attempts.fail(name);
  throw new Problem("unauthorized", "Send a valid API key as a Bearer token.");
}
