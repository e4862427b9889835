/**
 * Kysely over @libsql/client: how a compiled query reaches libSQL, and what comes back.
 *
 * Invariant: a file has one connection, and Kysely queues behind it. A write beside an open transaction would
 * otherwise block the whole process for the busy time-out, because the binding is synchronous.
 */
import type { Client, InValue, Transaction } from "@libsql/client";
import {
  type CompiledQuery,
  createQueryId,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  IdentifierNode,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  RawNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";

export interface LibsqlDialectOptions {
  client: Client;
  /** Whether the server takes statements side by side (a remote one) or one after the other (a file). */
  remote: boolean;
}

export class LibsqlDialect implements Dialect {
  constructor(private readonly options: LibsqlDialectOptions) {}

  createAdapter(): DialectAdapter {
    return this.options.remote ? new RemoteAdapter() : new SqliteAdapter();
  }

  createDriver(): Driver {
    return new LibsqlDriver(this.options.client);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  // deno-lint-ignore no-explicit-any -- Kysely's own signature
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

class RemoteAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class LibsqlDriver implements Driver {
  constructor(private readonly client: Client) {}

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(new LibsqlConnection(this.client));
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  /** The client belongs to whoever opened it. */
  destroy(): Promise<void> {
    return Promise.resolve();
  }

  async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    await own(connection).begin(settings.accessMode === "read only" ? "read" : "write");
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).rollback();
  }

  async savepoint(
    connection: DatabaseConnection,
    name: string,
    compile: QueryCompiler["compileQuery"],
  ): Promise<void> {
    await connection.executeQuery(savepointCommand("savepoint", name, compile));
  }

  async rollbackToSavepoint(
    connection: DatabaseConnection,
    name: string,
    compile: QueryCompiler["compileQuery"],
  ): Promise<void> {
    await connection.executeQuery(savepointCommand("rollback to", name, compile));
  }

  async releaseSavepoint(
    connection: DatabaseConnection,
    name: string,
    compile: QueryCompiler["compileQuery"],
  ): Promise<void> {
    await connection.executeQuery(savepointCommand("release", name, compile));
  }
}

class LibsqlConnection implements DatabaseConnection {
  private transaction: Transaction | null = null;

  constructor(private readonly client: Client) {}

  async begin(mode: "read" | "write"): Promise<void> {
    this.transaction = await this.client.transaction(mode);
  }

  async commit(): Promise<void> {
    await this.transaction?.commit();
    this.transaction = null;
  }

  async rollback(): Promise<void> {
    // A full disk has rolled it back already; the refusal to do so again would hide the reason.
    if (this.transaction?.closed === true) this.transaction.close();
    else await this.transaction?.rollback();
    this.transaction = null;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const target = this.transaction ?? this.client;
    const result = await target.execute({ sql: query.sql, args: query.parameters as InValue[] });
    const rows = result.rows.map((row) => {
      const plain: Record<string, unknown> = {};
      for (const column of result.columns) plain[column] = bytes(row[column]);
      return plain as R;
    });
    const answer: QueryResult<R> = { rows, numAffectedRows: BigInt(result.rowsAffected) };
    return result.lastInsertRowid === undefined
      ? answer
      : { ...answer, insertId: result.lastInsertRowid };
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }
}

function own(connection: DatabaseConnection): LibsqlConnection {
  return connection as LibsqlConnection;
}

/** libSQL answers blobs as ArrayBuffer; everything above works on Uint8Array. */
function bytes(value: unknown): unknown {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}

function savepointCommand(
  command: string,
  name: string,
  compile: QueryCompiler["compileQuery"],
): CompiledQuery {
  return compile(
    RawNode.createWithChildren([
      RawNode.createWithSql(`${command} `),
      IdentifierNode.create(name),
    ]),
    createQueryId(),
  );
}
