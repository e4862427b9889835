/**
 * Fuzzes the booking API: malformed requests made of its own OpenAPI document, against a real database.
 *
 * Violations: a 5xx, a log line of level error, an answer that isn't the status the document names, a write that a
 * key without the right was allowed, and text taken that isn't read back as it was (U+0000, half of a surrogate pair).
 */
import { BookingClient } from "../support/http/booking_client.ts";
import { LESSON, startHttp } from "../support/http/http_server.ts";
import { Random } from "./guard/random.ts";
import type { FuzzOptions, FuzzResult } from "./run.ts";

export const DEFAULT_RUNS = 3_000;

type Json = Record<string, unknown>;

const TEXTS = [
  "",
  " ",
  "x",
  "é".repeat(300),
  "\u0000",
  "s-1\u0000x",
  "__proto__",
  "' or 1=1 --",
  "../../etc/passwd",
  "2030-05-06T16:00:00+02:00",
  "2030-02-30T25:00:00Z",
  "+275760-09-13T00:00:00.001Z",
  "Europe/Paris",
  "a@b.co",
  "https://127.0.0.1:1/",
  "https://[::1/",
  "null",
  "\ud800",
  "Ada\udc00",
];
const NUMBERS = [0, -1, 1.5, 2 ** 53, 1e308, -0];

/** A value of what a schema describes, or of something else. */
function value(random: Random, schema: Json, schemas: Json, depth = 0): unknown {
  if (depth > 6 || random.chance(0.1)) return anything(random);
  const { $ref, anyOf, enum: values, type, properties, items } = schema as {
    $ref?: string;
    anyOf?: Json[];
    enum?: unknown[];
    type?: string | string[];
    properties?: Record<string, Json>;
    items?: Json;
  };
  if ($ref !== undefined) {
    return value(random, schemas[$ref.split("/").at(-1)!] as Json, schemas, depth + 1);
  }
  if (anyOf !== undefined) return value(random, random.pick(anyOf), schemas, depth + 1);
  if (values !== undefined) return random.pick(values);
  if (items !== undefined) {
    const length = random.chance(0.1) ? 60 : random.below(4);
    return Array.from({ length }, () => value(random, items, schemas, depth + 1));
  }
  if (properties !== undefined) {
    const made: Json = {};
    for (const [name, member] of Object.entries(properties)) {
      if (random.chance(0.75)) made[name] = value(random, member, schemas, depth + 1);
    }
    if (random.chance(0.1)) made[random.pick(TEXTS)] = anything(random);
    return made;
  }
  if (type === "boolean") return random.chance(0.5);
  if (type === "integer" || type === "number") return random.pick([...NUMBERS, 1, 30]);
  return random.pick([...TEXTS, "t-1", "Ada", "2030-05-06T17:00:00Z"]);
}

function anything(random: Random): unknown {
  return random.pick<unknown>([
    null,
    true,
    [],
    {},
    [[[]]],
    random.pick(TEXTS),
    random.pick(NUMBERS),
  ]);
}

export async function fuzz({ seed, runs, progress }: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const violations: string[] = [];
  const statuses: Record<number, number> = {};
  await using server = await startHttp({ apiRequestsPerMinute: 1e9 });
  const { apiKeys } = server.storage;
  const key = await apiKeys.create("fuzz", 0);
  const reader = (await apiKeys.issue("reader", "read", 0)).key;
  const client = await BookingClient.fetch(server.send, key);
  const { components } = client.document as { components: { schemas: Json } };
  const operations = [...client.operations.entries()];
  const booked = (await client.call("bookMeeting", { body: LESSON })).body;
  const endpoint = (await client.call("createWebhookEndpoint", {
    body: { url: "https://127.0.0.1:1/" },
  })).body;
  const known = [booked.meetingId, booked.links[0].linkId, endpoint.endpointId, "s-1", "1"];

  for (let run = 0; run < runs; run++) {
    const [id, { method, path, parameters, requestBody, responses }] = random.pick(operations);
    const query = new URLSearchParams();
    const headers = new Headers({ "content-type": "application/json" });
    const reads = random.chance(0.1);
    headers.set("authorization", `Bearer ${reads ? reader : key}`);
    let at = path;
    for (const parameter of parameters as { name: string; in: string; schema?: Json }[]) {
      const made = value(random, parameter.schema ?? {}, components.schemas);
      const text = typeof made === "string" ? made : JSON.stringify(made);
      if (parameter.in === "path") {
        const segment = random.chance(0.6) ? random.pick(known) : text || "x";
        at = at.replace(`{${parameter.name}}`, encodeURIComponent(segment.toWellFormed()));
      } else if (random.chance(0.4)) {
        if (parameter.in === "query") query.set(parameter.name, text);
        else if (/^[\x20-\x7e]*$/.test(text)) headers.set(parameter.name, text);
      }
    }
    const schema = requestBody?.content["application/json"]?.schema;
    let body = schema === undefined
      ? undefined
      : JSON.stringify(value(random, schema, components.schemas));
    if (body !== undefined && random.chance(0.1)) body = body.slice(0, random.below(body.length));
    const response = await server.send(query.size === 0 ? at : `${at}?${query}`, {
      method: method.toUpperCase(),
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const shown = `run ${run}: ${id} ${at}?${query} ${body?.slice(0, 300) ?? ""}`;
    statuses[response.status] = (statuses[response.status] ?? 0) + 1;
    if (response.status >= 500) violations.push(`${response.status} by ${shown}`);
    else if (responses[response.status] === undefined) {
      violations.push(`${response.status}, which the document doesn't name, by ${shown}`);
    }
    if (reads && method !== "get" && response.status < 300) {
      violations.push(`a reader's key wrote by ${shown}`);
    }
    if (response.status < 300 && /%00|\\u(0000|d[89a-f])/.test(`${at}?${query} ${body ?? ""}`)) {
      violations.push(`text that can't be kept was taken by ${shown}`);
    }
    await response.body?.cancel();
    for (const line of server.log.splice(0)) {
      if (line.includes('"level":"error"')) violations.push(`logged ${line} by ${shown}`);
    }
    progress?.(run);
  }
  return { runs, violations, statuses };
}
