/** Why Lectern can't start, in words for whoever starts it: what is wrong, and what to do. */
import { ConfigError } from "./settings.ts";
import { MediaError } from "./sfu/media_engine.ts";
import { TOO_FEW_FILES } from "./start_limits.ts";

/** Errors of other folders whose text is meant for the operator. */
const TOLD = ["DataFolderError", "DataInUseError", "NewerDatabaseError"];

/** What SQLite says when it can't use its file, by how the code begins. */
const DATABASE_FAULTS: Record<string, string> = {
  SQLITE_READONLY: "The database can't be written. " +
    "Let lectern.db and all beside it be owned and writable by the user that Lectern runs as.",
  SQLITE_CANTOPEN: "The database can't be opened. " +
    "Let lectern.db and all beside it be owned and writable by the user that Lectern runs as.",
  SQLITE_NOTADB: "lectern.db isn't a database, or a damaged one. " +
    "Put a copy of it in its place, or set DATA_DIR to another folder.",
  SQLITE_CORRUPT: "The database is damaged. Put a copy in place of lectern.db, as DEPLOY.md says.",
  SQLITE_FULL: "The disk is full. Make room on it, or set DATA_DIR to a folder on another one.",
  SQLITE_IOERR: "The database can't be read or written: the disk reports an error. " +
    "Look after the disk, or set DATA_DIR to a folder on another one.",
  SQLITE_BUSY: "Another program has the database open and doesn't let go. End it and start again.",
};

/** Answers null for a fault that is ours: its stack says more than any words. */
export function explainStartFault(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (outOfDescriptors(error) || outOfDescriptors(error.cause)) return TOO_FEW_FILES;
  if (error instanceof ConfigError || TOLD.includes(error.name)) return error.message;
  if (error instanceof MediaError) return explainMedia(error.message);
  if (error instanceof Deno.errors.AddrInUse) {
    return "The port is in use. Set PORT to another one, in the environment or in .env.";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "HOST isn't an address of this machine. Set it to one, or to 0.0.0.0 for all.";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "Lectern may not listen on this port: those below 1024 need a privilege. Set PORT to a higher one.";
  }
  const code = String((error as { code?: unknown }).code);
  const fault = Object.keys(DATABASE_FAULTS).find((name) => code.startsWith(name));
  return fault === undefined ? null : DATABASE_FAULTS[fault] ?? null;
}

/** The media process tells its parent in words alone; they hold the system's name of the error. */
function explainMedia(message: string): string {
  if (message.includes("EADDRINUSE")) {
    return "Media can't start: its port is in use for UDP. Set MEDIA_PORT to another one, in the environment or in .env.";
  }
  if (message.includes("EADDRNOTAVAIL")) {
    return "Media can't start: MEDIA_ADDRESS isn't an address of this machine. Set it to one.";
  }
  if (message.includes("EACCES")) {
    return "Media can't start: ports below 1024 need a privilege. Set MEDIA_PORT to a higher one.";
  }
  return `Media can't start: ${message}. See MEDIA_ADDRESS and MEDIA_PORT in DEPLOY.md.`;
}

function outOfDescriptors(error: unknown): boolean {
  return error instanceof Error &&
    ((error as { code?: unknown }).code === "EMFILE" ||
      /EMFILE|Too many open files|os error 24\b/.test(error.message));
}
