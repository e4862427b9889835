/**
 * SQL by SQLite: every run begins with an empty database, and each query's rows are shown as a table.
 *
 * Statements run one by one, so that an error names its line and what came before it has been shown.
 */
import untypedInit from "sql.js/dist/sql-wasm-browser.js";
import { Runtime } from "../runtimes.ts";
import { type Io, serve } from "../serve.ts";

/** What is used of sql.js, which comes without types. */
interface Statement {
  getColumnNames(): string[];
  getSQL(): string;
  step(): boolean;
  get(): unknown[];
}
interface Statements extends Iterator<Statement> {
  getRemainingSQL(): string;
}
interface Database {
  iterateStatements(sql: string): Statements;
  getRowsModified(): number;
  close(): void;
}
interface SqlJs {
  Database: new () => Database;
}
const initSqlJs = untypedInit as (options: { wasmBinary: ArrayBuffer }) => Promise<SqlJs>;

const MAX_ROWS = 1000;

serve<SqlJs>({
  reusable: true,
  async load(progress) {
    const runtime = await Runtime.find("sql.js");
    const [wasmBinary] = await runtime.fetch(["sql-wasm-browser.wasm"], progress);
    return await initSqlJs({ wasmBinary: wasmBinary!.buffer });
  },
  run(sql, { entry, files }, io) {
    const db = new sql.Database();
    const source = files[entry] ?? "";
    let begun = source;
    try {
      const statements = db.iterateStatements(source);
      for (let rest = source;;) {
        begun = rest;
        const { done, value: statement } = statements.next();
        if (done) return Promise.resolve(0);
        rest = statements.getRemainingSQL();
        show(db, statement, io);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      io.stderr(`${entry}:${lineOf(source, begun, message)}: ${message}\n`);
      return Promise.resolve(1);
    } finally {
      db.close();
    }
  },
});

function show(db: Database, statement: Statement, io: Io): void {
  const columns = statement.getColumnNames();
  const rows: string[][] = [];
  let count = 0;
  while (statement.step()) {
    if (count++ < MAX_ROWS) rows.push(statement.get().map(cell));
  }
  if (columns.length > 0) {
    io.display({ kind: "table", columns, rows });
    if (count > MAX_ROWS) io.stdout(`${count} rows, ${MAX_ROWS} are shown\n`);
    return;
  }
  const changed = db.getRowsModified();
  if (/^\s*(insert|update|delete|replace)\b/i.test(statement.getSQL().replace(/--.*$/gm, ""))) {
    io.stdout(`${changed} ${changed === 1 ? "row" : "rows"} changed\n`);
  }
}

function cell(value: unknown): string {
  if (value === null) return "NULL";
  return value instanceof Uint8Array ? `${value.byteLength} bytes` : String(value);
}

/** SQLite names the word that it stumbled over: the first place of that word in the statement, else its start. */
function lineOf(source: string, rest: string, message: string): number {
  const start = source.length - rest.length + (/^(\s|--[^\n]*\n)*/.exec(rest)?.[0].length ?? 0);
  const word = /near "([^"]+)"|no such \w+: ([\w.]+)/.exec(message);
  const found = source.indexOf(word?.[1] ?? word?.[2] ?? "\0", start);
  return source.slice(0, found < 0 ? start : found).split("\n").length;
}
