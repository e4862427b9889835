/**
 * The folder of the database file: made where it is missing, tried before anything is built upon it, and closed to
 * other users of the machine, because what people said in lessons is in it.
 *
 * A folder that holds other things too keeps its mode: it is somebody's for another purpose, and a warning says so.
 */
import { join } from "node:path";

/** libSQL's files, which gives the later ones the mode of the first, and the lock of `data_lock.ts`. */
const FILES = ["lectern.db", "lectern.db-wal", "lectern.db-shm", "lectern.lock"];
/** What we or our operator put into the folder: these and copies of the database. */
const OURS = /^lectern\b/;
const OTHERS = 0o077;

/** The folder can't be used. The text is meant for the operator. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError";
}

/** Answers what the operator should know. Throws a {@linkcode DataFolderError}. */
export async function prepareDataFolder(folder: string): Promise<string[]> {
  await make(folder);
  const told = await closeToOthers(folder, await isOursAlone(folder));
  for (const name of FILES) {
    const path = join(folder, name);
    if (await tryOut(path, name === FILES[0])) told.push(...await closeToOthers(path, true));
  }
  return told;
}

async function make(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const isFile = await Deno.stat(folder).then(({ isFile }) => isFile, () => false);
    throw new DataFolderError(
      isFile
        ? `DATA_DIR is ${folder}, which is a file. Set it to a folder.`
        : `DATA_DIR is ${folder}, which can't be made (${reasonOf(error)}). ` +
          "Make it and give it to the user that Lectern runs as, or set DATA_DIR to another folder.",
      { cause: error },
    );
  }
}

async function isOursAlone(folder: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!OURS.test(name)) return false;
    }
    return true;
  } catch (error) {
    throw notOurs(folder, "can't be read", error);
  }
}

/** Whether the file is there, and can be read and written. The first of them is made. */
async function tryOut(path: string, make: boolean): Promise<boolean> {
  try {
    const file = await Deno.open(path, { read: true, write: true, create: make, mode: 0o600 });
    file.close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && !make) return false;
    throw notOurs(path, "can't be read and written", error);
  }
}

function notOurs(path: string, what: string, error: unknown): DataFolderError {
  return new DataFolderError(
    `${path} ${what} (${reasonOf(error)}). ` +
      "Let it be owned and writable by the user that Lectern runs as, or set DATA_DIR to another folder.",
    { cause: error },
  );
}

async function closeToOthers(path: string, mayChange: boolean): Promise<string[]> {
  const mode = (await Deno.stat(path)).mode ?? 0;
  if ((mode & OTHERS) === 0) return [];
  if (!mayChange) {
    return [
      `${path} is open to other users of this machine, and stays so because it holds other things too. ` +
      "The database in it is closed to them.",
    ];
  }
  try {
    await Deno.chmod(path, mode & 0o7777 & ~OTHERS);
    return [`${path} was open to other users of this machine. Now it is closed to them.`];
  } catch {
    return [
      `${path} is open to other users of this machine, and isn't ours to close. ` +
      `Let its owner run: chmod go= ${path}`,
    ];
  }
}

/** What the system says, without Deno's additions. */
function reasonOf(error: unknown): string {
  const [reason] = /^.*?(?= \(os error|:|$)/.exec((error as Error).message) ?? [];
  return (reason ?? "no reason given").toLowerCase();
}
