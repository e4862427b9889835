/**
 * What the serving process may do: Deno's permissions, as narrow as they get. DEPLOY.md says why each.
 *
 * Invariant: it runs no program but the one that starts media, and reads and writes no file of anybody else's. Libraries
 * of native code aren't held to that; libSQL and C's own are the only ones that it may load.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SETTINGS } from "./settings.ts";
import { LIBC_PATHS } from "./sfu/io/libc.ts";
import { INHERITED, LAUNCHER } from "./sfu/io/media_child.ts";

const ROOT = new URL("../", import.meta.url);
/** Whose modules the recorder's thread loads; Deno counts that as reading. */
const CODE = ["main.ts", "server", "rooms", "recorder", "db"];
/** libSQL's binding asks for the first two when it chooses its library. */
const SYSTEM = ["cpus", "hostname", "networkInterfaces", "statfs"];

/** Flags for `deno run`. The folder of the database is null when it is elsewhere. */
export function servingFlags(dataDir: string | null): string[] {
  const folders = dataDir === null ? [] : [resolve(dataDir)];
  return [
    "--no-prompt",
    "--allow-net",
    // Deno would load modules from a few hosts unasked, and does so also where it was denied.
    "--no-remote",
    `--allow-read=${list([...CODE, "client/dist"].map(here), [resolve(".env")], folders)}`,
    ...(folders.length === 0 ? [] : [`--allow-write=${list(folders)}`]),
    `--allow-run=${list([LAUNCHER])}`,
    `--allow-ffi=${list(nativeLibraries(), LIBC_PATHS)}`,
    `--allow-env=${list(Object.keys(SETTINGS), INHERITED)}`,
    // Packages look for variables that nobody set; to them none is.
    "--ignore-env",
    `--allow-sys=${list(SYSTEM)}`,
  ];
}

/** Where npm keeps libSQL's library, under the name of this machine's kind. */
function nativeLibraries(): string[] {
  const packages = here("node_modules/.deno");
  return [...Deno.readDirSync(packages)]
    .filter(({ name }) => name.startsWith("@libsql+") && name.includes(Deno.build.os))
    .map(({ name }) => `${packages}/${name}`);
}

function here(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

function list(...parts: (readonly string[])[]): string {
  return parts.flat().map((part) => part.replaceAll(",", ",,")).join(",");
}
