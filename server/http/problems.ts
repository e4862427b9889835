/**
 * How refusals look over HTTP: `application/problem+json` (RFC 9457).
 *
 * `type` is a stable name that ends with a {@linkcode ProblemCode}; `code` repeats that code. Anything that is no
 * {@linkcode Problem} is our bug: the caller gets 500 without text.
 */
import type { RoomErrorCode } from "../../rooms/contract/errors.ts";

export interface FieldError {
  /** The path of the field, such as `students.0.name`. */
  field: string;
  message: string;
}

export interface ProblemExtras {
  errors?: readonly FieldError[];
  retryAfterMs?: number;
  headers?: Readonly<Record<string, string>>;
  /** Members of the document beside the standard ones. */
  members?: Record<string, unknown>;
}

/** What only HTTP refuses for. */
export type ProblemCode =
  | RoomErrorCode
  | "changed"
  | "idempotency-key-reused"
  | "too-many-requests";

const STATUS: Record<ProblemCode, [status: number, title: string]> = {
  "bad-request": [400, "The request can't be read"],
  "protocol-version": [400, "The protocol's version isn't known"],
  unauthorized: [401, "Not authorized"],
  forbidden: [403, "Not allowed"],
  "not-found": [404, "Not found"],
  conflict: [409, "The state doesn't allow it"],
  locked: [423, "The meeting is locked"],
  removed: [403, "Removed from the meeting"],
  refused: [403, "Not admitted"],
  "too-early": [403, "The meeting isn't open yet"],
  over: [410, "The meeting is over"],
  cancelled: [410, "The meeting was cancelled"],
  full: [503, "The meeting is full"],
  "too-large": [413, "Too large"],
  "rate-limited": [429, "Too many attempts"],
  "update-refused": [422, "The update was refused"],
  unavailable: [503, "Not available now"],
  unreadable: [503, "The meeting can't be opened"],
  changed: [412, "It was changed meanwhile"],
  "idempotency-key-reused": [422, "The Idempotency-Key belongs to another request"],
  "too-many-requests": [429, "Too many requests"],
};

/** A refusal that the caller may see. */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly extras: ProblemExtras = {},
  ) {
    super(message);
  }

  toResponse(): Response {
    const [status, title] = this.extras.errors === undefined
      ? STATUS[this.code]
      : [422, "A field can't be used"] as const;
    const headers = new Headers({
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...this.extras.headers,
    });
    const { retryAfterMs } = this.extras;
    if (retryAfterMs !== undefined) {
      headers.set("retry-after", String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
    }
    if (status === 401) headers.set("www-authenticate", "Bearer");
    const document = {
      type: `urn:lectern:problem:${this.code}`,
      title,
      status,
      detail: this.message,
      code: this.code,
      ...(this.extras.errors === undefined ? {} : { errors: this.extras.errors }),
      ...this.extras.members,
    };
    return new Response(JSON.stringify(document), { status, headers });
  }
}

/** The 500 of something that should not have happened. */
export function internalProblem(): Response {
  const document = {
    type: "about:blank",
    title: "Something went wrong on our side",
    status: 500,
  };
  return new Response(JSON.stringify(document), {
    status: 500,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
  });
}
