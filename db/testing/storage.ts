/** A storage for tests: in a file of its own that is gone afterwards, or in one that is there. */
import { openStorage, type Storage } from "../storage.ts";

export const TEST_WINDOW = { joinEarlyMs: 15 * 60_000, endGraceMs: 15 * 60_000 };

export interface TestStorage extends Storage, AsyncDisposable {
  path: string;
}

export async function openTestStorage(
  now: () => number = Date.now,
  shared?: string,
): Promise<TestStorage> {
  const directory = await Deno.makeTempDir({ prefix: "lectern-test-" });
  const path = shared ?? `${directory}/lectern.db`;
  const storage = await openStorage({
    location: { kind: "file", path, synchronous: "normal" },
    ...TEST_WINDOW,
    now,
  });
  return {
    ...storage,
    path,
    async [Symbol.asyncDispose]() {
      await storage.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}
