/**
 * A libSQL server for tests: Hrana 2 over HTTP, as JSON, on a database file.
 *
 * As much of the protocol as @libsql/client speaks: execute, batch with conditions, sequence, stored statements, and
 * streams that a baton carries from one request to the next.
 */
import Database from "libsql";

export interface HranaServer extends AsyncDisposable {
  url: string;
  /** Requests that carried no or another token. */
  refused: number;
}

type Value = null | bigint | number | string | Uint8Array | ArrayBuffer;
type WireValue =
  | { type: "null" }
  | { type: "integer"; value: string }
  | { type: "float"; value: number }
  | { type: "text"; value: string }
  | { type: "blob"; base64: string };

interface Statement {
  sql?: string;
  sql_id?: number;
  args?: WireValue[];
}

type Condition =
  | { type: "ok" | "error"; step: number }
  | { type: "not"; cond: Condition }
  | { type: "and" | "or"; conds: Condition[] }
  | { type: "is_autocommit" };

type StreamRequest =
  | { type: "execute"; stmt: Statement }
  | { type: "batch"; batch: { steps: { stmt: Statement; condition?: Condition }[] } }
  | { type: "sequence"; sql?: string; sql_id?: number }
  | { type: "store_sql"; sql_id: number; sql: string }
  | { type: "close_sql"; sql_id: number }
  | { type: "get_autocommit" }
  | { type: "close" };

/** One connection, with the statements that were stored on it. */
class Stream {
  readonly database: Database.Database;
  private readonly texts = new Map<number, string>();

  constructor(path: string) {
    this.database = new Database(path, { timeout: 5000 });
    this.database.defaultSafeIntegers(true);
  }

  answer(request: StreamRequest): unknown {
    switch (request.type) {
      case "execute":
        return { type: "execute", result: this.execute(request.stmt) };
      case "batch":
        return { type: "batch", result: this.batch(request.batch.steps) };
      case "sequence":
        this.database.exec(this.textOf(request));
        return { type: "sequence" };
      case "store_sql":
        this.texts.set(request.sql_id, request.sql);
        return { type: "store_sql" };
      case "close_sql":
        this.texts.delete(request.sql_id);
        return { type: "close_sql" };
      case "get_autocommit":
        return { type: "get_autocommit", is_autocommit: !this.database.inTransaction };
      case "close":
        return { type: "close" };
    }
  }

  close(): void {
    if (this.database.inTransaction) this.database.exec("rollback");
    this.database.close();
  }

  private textOf({ sql, sql_id }: { sql?: string; sql_id?: number }): string {
    return sql ?? this.texts.get(sql_id ?? -1) ?? "";
  }

  private execute(statement: Statement) {
    const prepared = this.database.prepare(this.textOf(statement));
    const args = (statement.args ?? []).map(fromWire);
    if (prepared.reader) {
      const cols = (prepared.columns() as { name: string }[]).map(({ name }) => ({
        name,
        decltype: null,
      }));
      const rows = prepared.raw().all(...args) as Value[][];
      return {
        cols,
        rows: rows.map((row) => row.map(toWire)),
        affected_row_count: 0,
        last_insert_rowid: null,
      };
    }
    const { changes, lastInsertRowid } = prepared.run(...args);
    return {
      cols: [],
      rows: [],
      affected_row_count: Number(changes),
      last_insert_rowid: String(lastInsertRowid),
    };
  }

  private batch(steps: { stmt: Statement; condition?: Condition }[]) {
    const results: unknown[] = steps.map(() => null);
    const errors: unknown[] = steps.map(() => null);
    const holds = (condition: Condition): boolean => {
      switch (condition.type) {
        case "ok":
          return results[condition.step] !== null;
        case "error":
          return errors[condition.step] !== null;
        case "not":
          return !holds(condition.cond);
        case "and":
          return condition.conds.every(holds);
        case "or":
          return condition.conds.some(holds);
        case "is_autocommit":
          return !this.database.inTransaction;
      }
    };
    for (const [index, { stmt, condition }] of steps.entries()) {
      if (condition !== undefined && condition !== null && !holds(condition)) continue;
      try {
        results[index] = this.execute(stmt);
      } catch (error) {
        errors[index] = toError(error);
      }
    }
    return { step_results: results, step_errors: errors };
  }
}

/** Serves the file at `path` on a free port of this machine. */
export function startHranaServer(path: string, token: string): HranaServer {
  const streams = new Map<string, Stream>();

  async function pipeline(request: Request): Promise<Response> {
    const body = await request.json() as { baton: string | null; requests: StreamRequest[] };
    const stream = body.baton === null || body.baton === undefined
      ? new Stream(path)
      : streams.get(body.baton);
    if (stream === undefined) return Response.json({ message: "no stream" }, { status: 404 });
    if (body.baton) streams.delete(body.baton);
    const results = body.requests.map((request) => {
      try {
        return { type: "ok", response: stream.answer(request) };
      } catch (error) {
        return { type: "error", error: toError(error) };
      }
    });
    let baton: string | null = null;
    if (body.requests.some(({ type }) => type === "close")) stream.close();
    else streams.set(baton = crypto.randomUUID(), stream);
    return Response.json({ baton, base_url: null, results });
  }

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.headers.get("authorization") !== `Bearer ${token}`) {
      hrana.refused++;
      await request.body?.cancel();
      return Response.json({ message: "unauthorized" }, { status: 401 });
    }
    const { pathname } = new URL(request.url);
    if (pathname === "/v2") return new Response("");
    if (pathname !== "/v2/pipeline") return new Response("", { status: 404 });
    return await pipeline(request);
  });
  const hrana: HranaServer = {
    url: `http://127.0.0.1:${server.addr.port}`,
    refused: 0,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      for (const stream of streams.values()) stream.close();
    },
  };
  return hrana;
}

function fromWire(value: WireValue): Value {
  switch (value.type) {
    case "null":
      return null;
    case "integer":
      return BigInt(value.value);
    case "float":
    case "text":
      return value.value;
    case "blob": {
      const text = atob(value.base64.replace(/-/g, "+").replace(/_/g, "/"));
      return Uint8Array.from(text, (character) => character.charCodeAt(0));
    }
  }
}

function toWire(value: Value): WireValue {
  if (value === null) return { type: "null" };
  if (typeof value === "bigint") return { type: "integer", value: String(value) };
  if (typeof value === "number") return { type: "float", value };
  if (typeof value === "string") return { type: "text", value };
  let text = "";
  for (const byte of new Uint8Array(value)) text += String.fromCharCode(byte);
  return { type: "blob", base64: btoa(text) };
}

function toError(error: unknown) {
  const { message, code } = error as Error & { code?: string };
  return { message, code: code ?? "UNKNOWN" };
}
