/** A storage in a temporary file, for tests: made fresh, gone afterwards. */
import { openStorage, type Storage } from "./storage.ts";

export const TEST_WINDOW = { joinEarlyMs: 15 * 60_000, endGraceMs: 15 * 60_000 };

export interface TestStorage extends Storage, AsyncDisposable {
  path: string;
}

export async function openTestStorage(now: () => number = Date.now): Promise<TestStorage> {
  const directory = await Deno.makeTempDir({ prefix: "lectern-test-" });
  const path = `${directory}/lectern.db`;
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
