/**
 * The OpenAPI 3.1 document of the booking API, made of the operations that are served and of the schemas that check
 * their requests.
 */
import { z } from "zod";
import { type Operation, scopeOf } from "./operation.ts";

type Json = Record<string, unknown>;

/** What the API says to somebody without asking. */
export interface WebhookSpec {
  type: string;
  summary: string;
  schema: z.ZodType;
}

export interface OpenApiDocument extends Json {
  openapi: "3.1.0";
  paths: Record<string, Record<string, Json>>;
  webhooks: Record<string, Json>;
  components: { schemas: Record<string, Json> } & Json;
}

export interface OpenApiOptions {
  publicUrl: string;
  version: string;
}

const problemSchema = z.strictObject({
  type: z.string().describe("Stable, such as `urn:lectern:problem:not-found`"),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string().optional().describe("The end of `type`"),
  errors: z.array(z.strictObject({
    field: z.string().describe("Such as `students.0.name`"),
    message: z.string(),
  })).optional(),
}).meta({ id: "Problem" });

const REFUSALS: Readonly<Record<number, string>> = {
  400: "It can't be read",
  401: "No valid API key",
  403: "The key may only read",
  404: "There is no such thing",
  409: "The state doesn't allow it, or the same request is being carried out",
  410: "It is over",
  412: "It was changed meanwhile",
  413: "The body is too large",
  422: "A field can't be used, or the Idempotency-Key belongs to another request",
  429: "Too many requests; Retry-After says when to come back",
};

export function openApiDocument(
  operations: readonly Operation[],
  webhooks: readonly WebhookSpec[],
  { publicUrl, version }: OpenApiOptions,
): OpenApiDocument {
  const schemas = new Schemas();
  const paths: OpenApiDocument["paths"] = {};
  for (const operation of operations) {
    const path = `/api/v1${operation.path}`;
    (paths[path] ??= {})[operation.method] = describe(operation, schemas);
  }
  const told = Object.fromEntries(
    webhooks.map((webhook) => [webhook.type, { post: describeWebhook(webhook, schemas) }]),
  );
  return {
    openapi: "3.1.0",
    info: {
      title: "Lectern",
      version,
      description: "Book lessons, hand out links, learn who came. Times are ISO 8601: send any " +
        "offset, answers are in UTC. A text that holds U+0000 or half of a surrogate pair is refused. " +
        "Refusals are problem documents (RFC 9457).",
    },
    servers: [{ url: publicUrl }],
    security: [{ key: [] }],
    paths,
    webhooks: told,
    components: {
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "`deno task key` makes one" },
      },
      schemas: { ...schemas.components },
    },
  };
}

/** Collects named schemas, so that each stands in the document once. */
class Schemas {
  readonly components: Record<string, Json> = {};

  of(schema: z.ZodType, io: "input" | "output"): Json {
    const made = z.toJSONSchema(schema, {
      io,
      target: "draft-2020-12",
      // The format says it; the pattern would fill a screen.
      override: ({ jsonSchema }) => {
        if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      },
    });
    const { $defs = {}, $schema: _, ...own } = relocate(made) as
      & { $defs?: Record<string, Json> }
      & Json;
    for (const [name, definition] of Object.entries($defs)) {
      this.components[name] = bare(definition);
    }
    const id = schema.meta()?.id;
    if (id === undefined) return own;
    if (own["$ref"] === undefined) this.components[id] = bare(own);
    return { $ref: `#/components/schemas/${id}` };
  }
}

/** zod puts named schemas into `$defs` of each; OpenAPI has one place for all. */
function relocate(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

function bare({ id: _, ...schema }: Json): Json {
  return schema;
}

function describe(operation: Operation, schemas: Schemas): Json {
  const { id, tag, summary, description, body } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: parameters(operation, schemas),
    ...(body === undefined ? {} : {
      requestBody: {
        required: true,
        content: { "application/json": { schema: schemas.of(body, "input") } },
      },
    }),
    responses: responses(operation, schemas),
    "x-scope": scopeOf(operation),
  };
}

function parameters(operation: Operation, schemas: Schemas): Json[] {
  const list: Json[] = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", maxLength: 100 },
  }));
  if (operation.query !== undefined) {
    const { properties = {}, required = [] } = schemas.of(operation.query, "input") as {
      properties?: Record<string, Json>;
      required?: string[];
    };
    for (const [name, { description, ...schema }] of Object.entries(properties)) {
      list.push({
        name,
        in: "query",
        required: required.includes(name),
        ...(description === undefined ? {} : { description }),
        schema,
      });
    }
  }
  const header = (name: string, description: string) =>
    list.push({ name, in: "header", description, schema: { type: "string", maxLength: 257 } });
  if (operation.method === "post") {
    header("Idempotency-Key", "Send it again with the same key, and it is carried out once");
  }
  if (operation.conditional === true) {
    header("If-Match", "The ETag that you read: refused with 412 when it was changed since");
  }
  if (operation.method === "get") {
    header("If-None-Match", "An ETag: answered 304 when it is still so");
  }
  return list;
}

function responses(operation: Operation, schemas: Schemas): Json {
  const { answer, body, query, method, conditional, refusals = [], status = 200 } = operation;
  const success = answer === undefined ? { description: "Done" } : {
    description: "Done",
    headers: { ETag: { schema: { type: "string" } } },
    content: { "application/json": { schema: schemas.of(answer, "output") } },
  };
  const refused = new Set<number>([401, 429, ...refusals]);
  if (method === "post") { for (const code of [400, 409, 422]) refused.add(code); }
  if (method !== "get") refused.add(403);
  if (body !== undefined) { for (const code of [400, 413, 422]) refused.add(code); }
  if (query !== undefined || operation.path.includes("{")) refused.add(422);
  if (conditional === true) refused.add(412);
  const problem = schemas.of(problemSchema, "output");
  const entries = [...refused].sort((left, right) => left - right).map((code) => [code, {
    description: REFUSALS[code],
    content: { "application/problem+json": { schema: problem } },
  }]);
  return {
    [status]: success,
    ...(method === "get" ? { 304: { description: "Still the same" } } : {}),
    ...Object.fromEntries(entries),
  };
}

function describeWebhook({ summary, schema }: WebhookSpec, schemas: Schemas): Json {
  return {
    summary,
    security: [],
    parameters: ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => ({
      name,
      in: "header",
      required: true,
      schema: { type: "string" },
    })),
    requestBody: {
      required: true,
      content: { "application/json": { schema: schemas.of(schema, "output") } },
    },
    responses: {
      "2XX": { description: "Taken. Anything else is sent again later" },
      410: { description: "The endpoint is gone: nothing more is sent to it" },
    },
  };
}
