/**
 * Carries operations out over HTTP: rights, body, Idempotency-Key, conditional requests, answer.
 *
 * Invariant: a POST with an Idempotency-Key is carried out at most once while its record is kept, however often it
 * is sent.
 */
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { IdempotentRequest } from "../../../db/idempotency.ts";
import type { HttpEnv, Uses } from "../context.ts";
import { etagOf, namesEtag, requireMatch } from "./etag.ts";
import { boundedBody, requireJson } from "../json_body.ts";
import { type Operation, type Outcome, scopeOf } from "./operation.ts";
import { Problem } from "../problems.ts";

export type IdempotencyDeps = Uses<{ idempotency: "begin" | "keep" | "forget"; now: true }>;

/** RFC 9110: visible characters; the draft wants them quoted, most callers don't. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

export function operationRoutes(
  operations: readonly Operation[],
  deps: IdempotencyDeps,
): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  for (const operation of operations) {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, ":$1");
    routes.on(
      [operation.method.toUpperCase()],
      [path],
      boundedBody,
      (context) => answer(operation, context, deps),
    );
  }
  return routes;
}

async function answer(
  operation: Operation,
  context: Context<HttpEnv>,
  deps: IdempotencyDeps,
): Promise<Response> {
  const { apiKey } = context.var;
  if (scopeOf(operation) === "write" && apiKey.scope !== "write") {
    throw new Problem("forbidden", "This key may only read.");
  }
  if (operation.body !== undefined) requireJson(context);
  const text = operation.body === undefined ? "" : await context.req.text();
  const once = operation.method === "post" ? idempotent(operation, context, text) : null;
  const run = () =>
    operation.run({
      params: context.req.param() as Record<string, string>,
      query: context.req.query(),
      body: operation.body === undefined ? undefined : readJson(text),
      apiKey,
      unchanged: (representation) => requireMatch(context.req.header("if-match"), representation),
    });
  const outcome = once === null ? await run() : await runOnce(once, run, deps);
  return respond(operation, outcome, context);
}

/** Answers what was answered before, or carries it out and keeps the answer. */
async function runOnce(
  request: IdempotentRequest,
  run: () => Promise<Outcome<unknown>>,
  { idempotency, now }: IdempotencyDeps,
): Promise<Outcome<unknown>> {
  const earlier = await idempotency.begin(request, now());
  if (earlier === "running") {
    throw new Problem("conflict", "A request with this Idempotency-Key is being carried out.", {
      retryAfterMs: 1000,
    });
  }
  if (earlier === "other-request") {
    throw new Problem(
      "idempotency-key-reused",
      "This Idempotency-Key was used for a request with other contents.",
    );
  }
  if (earlier !== "none") return JSON.parse(earlier.answer) as Outcome<unknown>;
  try {
    const outcome = await run();
    await idempotency.keep(request, JSON.stringify(outcome));
    return outcome;
  } catch (error) {
    await idempotency.forget(request);
    throw error;
  }
}

function idempotent(
  operation: Operation,
  context: Context<HttpEnv>,
  text: string,
): IdempotentRequest | null {
  const header = context.req.header("idempotency-key");
  if (header === undefined) return null;
  const idempotencyKey = header.trim().replace(/^"(.*)"$/, "$1");
  if (!IDEMPOTENCY_KEY.test(idempotencyKey)) {
    throw new Problem("bad-request", "An Idempotency-Key has 1 to 255 visible characters.");
  }
  return {
    keyId: context.var.apiKey.keyId,
    apiKey: context.var.apiKeyText,
    idempotencyKey,
    request: `${operation.method} ${context.req.path}\n${text}`,
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem("bad-request", "The body isn't valid JSON.");
  }
}

function respond(
  operation: Operation,
  outcome: Outcome<unknown>,
  context: Context<HttpEnv>,
): Response {
  const status = operation.status ?? 200;
  if (outcome.location !== undefined) context.header("location", outcome.location);
  if (status === 204) return context.body(null, 204);
  const body = JSON.stringify(outcome.body);
  const etag = etagOf(body);
  context.header("etag", etag);
  const known = context.req.header("if-none-match");
  if (operation.method === "get" && known !== undefined && namesEtag(known, etag)) {
    return context.body(null, 304);
  }
  return context.body(body, status as ContentfulStatusCode, {
    "content-type": "application/json",
  });
}
