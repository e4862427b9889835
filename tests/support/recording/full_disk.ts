/**
 * A disk that is full as soon as a test wants it to be: a server is told to leave about as much free as there is, and a
 * file takes the rest without being written.
 */
import { statfs } from "node:fs/promises";
import { expect } from "@std/expect";

/** How much space is taken from the disk at most; half of it is left to others who use it. */
const MAX_BALLAST_BYTES = 4 * 1024 ** 3;

export interface FullDisk {
  /** What the server is to leave free. */
  freeBytes: number;
  fill(): Promise<void>;
  empty(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Fills the disk that holds the temporary folders, where the servers of tests keep their data. */
export async function fullDisk(): Promise<FullDisk> {
  const folder = await Deno.makeTempDir({ prefix: "lectern-disk-" });
  const path = `${folder}/ballast`;
  const { bavail, bsize } = await statfs(folder);
  const ballast = Math.min(MAX_BALLAST_BYTES, Math.floor(bavail * bsize / 4));
  return {
    freeBytes: bavail * bsize - Math.floor(ballast / 2),
    fill: async () => {
      const args = ["--length", `${ballast}`, path];
      expect((await new Deno.Command("fallocate", { args }).output()).success).toBe(true);
    },
    empty: () => Deno.remove(path),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
