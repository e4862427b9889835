/**
 * One Lectern a data folder: two would finish each other's recordings and end each other's lessons.
 *
 * The lock (flock) is the kernel's, on a file beside the database: it goes with the process, however that ends, and a
 * child doesn't inherit it. Whoever only opens the database, as `deno task key` and backups do, needs none.
 */

/** Somebody else serves from this folder. */
export class DataInUseError extends Error {
  override readonly name = "DataInUseError";
  constructor(folder: string, pid: string) {
    const whose = /^\d+$/.test(pid) ? ` (process ${pid})` : "";
    super(
      `Another Lectern${whose} serves from the folder ${folder}. Stop that one first, or set DATA_DIR to a folder of ` +
        "this one's own.",
    );
  }
}

/** Takes the folder for this process until the answer is disposed of. @throws DataInUseError */
export async function lockData(folder: string): Promise<Disposable> {
  const path = `${folder}/lectern.lock`;
  const file = await Deno.open(path, { create: true, read: true, write: true, mode: 0o600 });
  try {
    if (!await file.tryLock(true)) {
      throw new DataInUseError(folder, (await Deno.readTextFile(path)).trim());
    }
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    file.close();
    throw error;
  }
  return { [Symbol.dispose]: () => file.close() };
}
