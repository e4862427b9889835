/**
 * One operation of the booking API: what goes in, what comes back, and what is done.
 *
 * Invariant: the OpenAPI document and the routes are both made of these, so that neither can say what the other
 * doesn't do.
 */
import type { z } from "zod";
import type { ApiKey } from "../../../db/api_keys.ts";
import { type FieldError, Problem } from "../problems.ts";

/** `{meetingId: string}` of `/meetings/{meetingId}`. */
type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Record<Name, string> & PathParams<Rest>
  : unknown;

export interface OperationSpec<
  Path extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> {
  /** Its name in generated clients. */
  id: string;
  method: "get" | "post" | "patch" | "delete";
  /** Below `/api/v1`, with `{parameters}`. */
  path: Path;
  tag: string;
  summary: string;
  description?: string;
  query?: Query;
  body?: Body;
  /** Status of success; 200 when left out. */
  status?: 200 | 201 | 202 | 204;
  answer?: Answer;
  /** Honours If-Match. */
  conditional?: boolean;
  /** Refusals beside the usual ones. */
  refusals?: readonly (404 | 409 | 410)[];
}

/** A request, checked. */
export interface Call<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
  apiKey: ApiKey;
  /** @throws Problem `changed` when the caller's If-Match names another representation than this one. */
  unchanged(representation: unknown): void;
}

/** An answer before it is written. */
export interface Outcome<Body> {
  body: Body;
  /** Where what was made can be read. */
  location?: string;
}

/** A request as it came in: nothing of it is checked yet. */
export interface RawCall {
  params: Record<string, string>;
  query: unknown;
  body: unknown;
  apiKey: ApiKey;
  unchanged(representation: unknown): void;
}

/** An operation whose types are settled. */
export interface Operation extends OperationSpec<string, z.ZodType, z.ZodType, z.ZodType> {
  /** @throws Problem */
  run(call: RawCall): Promise<Outcome<unknown>>;
}

export function operation<
  const Path extends string,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodUndefined,
>(
  spec: OperationSpec<Path, Query, Body, Answer>,
  handle: (
    call: Call<PathParams<Path>, z.output<Query>, z.output<Body>>,
  ) => Promise<Outcome<z.input<Answer>>>,
): Operation {
  return {
    ...spec,
    run: (raw) =>
      handle({
        ...raw,
        params: raw.params as PathParams<Path>,
        query: check(spec.query, raw.query) as z.output<Query>,
        body: check(spec.body, raw.body) as z.output<Body>,
      }),
  };
}

/** What a read changes: nothing. Everything else needs a key that may write. */
export function scopeOf({ method }: Pick<Operation, "method">): "read" | "write" {
  return method === "get" ? "read" : "write";
}

function check(schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unusable(parsed.error.issues);
}

/** The refusal of a value that a schema doesn't take, with the fields at fault. */
export function unusable(issues: readonly z.core.$ZodIssue[]): Problem {
  const errors: FieldError[] = issues.slice(0, 20).map((issue) => ({
    field: (issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0]] : issue.path)
      .map(String).join("."),
    message: issue.message,
  }));
  const first = errors[0];
  const where = first === undefined || first.field === "" ? "the body" : first.field;
  return new Problem("bad-request", `${where}: ${first?.message ?? "can't be used"}`, { errors });
}

/** A refusal of one field that its schema alone can't find. */
export function unusableField(field: string, message: string): Problem {
  return new Problem("bad-request", `${field}: ${message}`, { errors: [{ field, message }] });
}
