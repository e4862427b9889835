/** Request bodies: JSON of a bounded size, checked by a zod schema, and refused with the field at fault. */
import { zValidator } from "@hono/zod-validator";
import { bodyLimit } from "hono/body-limit";
import type { Context, MiddlewareHandler } from "hono";
import type { z } from "zod";
import { unusable } from "./api/operation.ts";
import { Problem } from "./problems.ts";

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
  requireJson(context);
  await next();
};

/** @throws Problem `bad-request` */
export function requireJson(context: Context): void {
  const type = context.req.header("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new Problem("bad-request", "The body must be JSON, sent as application/json.");
  }
}

/** `context.req.valid("json")` is the checked body. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return zValidator("json", schema, (result) => {
    if (!result.success) throw unusable(result.error.issues);
  });
}
