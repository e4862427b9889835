/**
 * A booking system's client, made of the OpenAPI document that is served: one call an operation, by its name.
 *
 * Nothing here knows an address or a field. What is answered must be what the document says, with nothing beside it.
 */
import { expect } from "@std/expect";
import { z } from "zod";

type Json = Record<string, unknown>;

interface Described {
  method: string;
  path: string;
  parameters: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

export interface CallOptions {
  /** Path parameters, query parameters and headers, by the names that the document gives them. */
  parameters?: Record<string, string | number>;
  body?: unknown;
  /** The status that is expected; the first of success when left out. */
  status?: number;
  key?: string;
}

export interface Answered {
  status: number;
  headers: Headers;
  // What stands in it is the document's to say; tests read what they look for.
  // deno-lint-ignore no-explicit-any
  body: any;
}

export type Send = (path: string, init: RequestInit) => Promise<Response>;

export class BookingClient {
  private constructor(
    readonly document: Json,
    readonly operations: ReadonlyMap<string, Described>,
    private readonly send: Send,
    private readonly key: string,
  ) {}

  static async fetch(send: Send, key: string): Promise<BookingClient> {
    const response = await send("/api/v1/openapi.json", {});
    const document = await response.json() as Json;
    const operations = new Map<string, Described>();
    for (const [path, methods] of Object.entries(document["paths"] as Record<string, Json>)) {
      for (const [method, described] of Object.entries(methods)) {
        const operation = { ...described as Described & { operationId: string }, method, path };
        operations.set(operation.operationId, operation);
      }
    }
    return new BookingClient(document, operations, send, key);
  }

  /** Calls an operation, and holds request and answer against the document. */
  async call(operationId: string, options: CallOptions = {}): Promise<Answered> {
    const operation = this.operations.get(operationId);
    if (operation === undefined) throw new Error(`the document has no operation ${operationId}`);
    const { parameters = {}, body, key = this.key } = options;
    const headers = new Headers({ authorization: `Bearer ${key}` });
    let path = operation.path;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) {
      const known = operation.parameters.find((parameter) => parameter.name === name);
      if (known === undefined) throw new Error(`${operationId} takes no parameter ${name}`);
      if (known.in === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
      else if (known.in === "query") query.set(name, String(value));
      else headers.set(name, String(value));
    }
    if (body !== undefined) headers.set("content-type", "application/json");
    const response = await this.send(query.size === 0 ? path : `${path}?${query}`, {
      method: operation.method.toUpperCase(),
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answered = text === "" ? undefined : JSON.parse(text) as unknown;
    const success = Number(Object.keys(operation.responses).find((code) => code.startsWith("2")));
    const { status = success } = options;
    expect([operationId, response.status, response.status === status ? "" : answered])
      .toEqual([operationId, status, ""]);
    this.#holds(operation, response, answered);
    return { status: response.status, headers: response.headers, body: answered };
  }

  /** Throws unless a value is what a schema of the document says. */
  check(schema: Json, value: unknown): void {
    const { components } = this.document as { components: { schemas: Json } };
    const whole = { ...schema, $defs: components.schemas };
    const text = JSON.stringify(whole).replaceAll('"#/components/schemas/', '"#/$defs/');
    z.fromJSONSchema(JSON.parse(text)).parse(value);
  }

  #holds(operation: Described, response: Response, body: unknown): void {
    const described = operation.responses[response.status];
    if (described === undefined) {
      throw new Error(`${operation.method} ${operation.path} never says ${response.status}`);
    }
    const [type] = (response.headers.get("content-type") ?? "").split(";");
    const content = described.content?.[type ?? ""];
    if (content === undefined) expect(body).toBeUndefined();
    else this.check(content.schema, body);
  }
}
