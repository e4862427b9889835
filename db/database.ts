/**
 * Opens the database: a file beside the process, or a remote libSQL server.
 *
 * Invariant: a file is opened with one connection, because a PRAGMA reaches only the connection it was sent on.
 * WAL with synchronous=NORMAL keeps every acknowledged commit when the process is killed; FULL keeps it when the
 * machine loses power too, for one fsync a commit.
 */
import { type Client, createClient } from "@libsql/client";
import { Kysely } from "kysely";
import { LibsqlDialect } from "./dialect.ts";
import { migrate } from "./migrations/all.ts";
import type { Schema } from "./schema.ts";

export type DatabaseLocation =
  | { kind: "file"; path: string; synchronous: "normal" | "full" }
  | { kind: "remote"; url: string; authToken: string | undefined };

export interface Database {
  client: Client;
  query: Kysely<Schema>;
  /** Names of the migrations that this opening applied. */
  migrated: readonly string[];
  close(): Promise<void>;
}

/** How long a statement waits for another process's transaction. */
const BUSY_TIMEOUT_MS = 5000;

/** Opens and migrates. */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  const client = location.kind === "file" ? await openFile(location) : openRemote(location);
  try {
    const migrated = await migrate(client);
    const query = new Kysely<Schema>({
      dialect: new LibsqlDialect({ client, remote: location.kind === "remote" }),
    });
    return {
      client,
      query,
      migrated,
      async close() {
        await query.destroy();
        client.close();
      },
    };
  } catch (error) {
    client.close();
    throw error;
  }
}

async function openFile(location: { path: string; synchronous: "normal" | "full" }) {
  const client = createClient({
    // What begins a query or a fragment may be in a folder's name too.
    url: `file:${encodeURI(location.path).replace(/[?#]/g, encodeURIComponent)}`,
    timeout: BUSY_TIMEOUT_MS,
    concurrency: 1,
  });
  // Only while the file is empty: free_space.ts can then give back what was deleted. Costs 8% more writing.
  await client.execute("pragma auto_vacuum = incremental");
  await client.execute("pragma journal_mode = wal");
  await client.execute(`pragma synchronous = ${location.synchronous}`);
  await client.execute("pragma foreign_keys = on");
  return client;
}

function openRemote(location: { url: string; authToken: string | undefined }): Client {
  return createClient({
    url: location.url,
    ...(location.authToken === undefined ? {} : { authToken: location.authToken }),
  });
}
