/** Request bodies: JSON of a bounded size, checked by a zod schema, and refused with the field at fault. */
import { zValidator } from "@hono/zod-validator";
import { bodyLimit } from "hono/body-limit";
import type { MiddlewareHandler } from "hono";
import type { z } from "zod";
import { type FieldError, Problem } from "./problems.ts";

const MAX_BODY_BYTES = 64 * 1024;

/** Refuses larger bodies, by their declared length or by what really comes. */
export const boundedBody: MiddlewareHandler = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new Problem("too-large", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  },
});

/** Without this a form or plain text would be taken for an empty object. */
export const jsonOnly: MiddlewareHandler = async (context, next) => {
  const type = context.req.header("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new Problem("bad-request", "The body must be JSON, sent as application/json.");
  }
  await next();
};

/** `context.req.valid("json")` is the checked body. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return zValidator("json", schema, (result) => {
    if (!result.success) throw invalid(result.error.issues);
  });
}

/** `context.req.valid("query")` is the checked query. */
export function query<T extends z.ZodType>(schema: T) {
  return zValidator("query", schema, (result) => {
    if (!result.success) throw invalid(result.error.issues);
  });
}

function invalid(issues: readonly z.core.$ZodIssue[]): Problem {
  const errors: FieldError[] = issues.slice(0, 20).map((issue) => ({
    field: (issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0]] : issue.path)
      .map(String).join("."),
    message: issue.message,
  }));
  const first = errors[0];
  const where = first === undefined || first.field === "" ? "the body" : first.field;
  return new Problem("bad-request", `${where}: ${first?.message ?? "can't be used"}`, { errors });
}
