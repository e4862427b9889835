/**
 * Builds the client when its sources are newer than what was built. Used by `deno task start` and `deno task test`.
 *
 * No npm package is imported here, so that it runs before they are installed.
 */

const ROOT = new URL("../", import.meta.url);
const DIST = new URL("client/dist/", ROOT);
const SOURCES = ["client", "rooms", "deno.json", "deno.lock"];

/** Whether something in the client's sources is newer than the built pages. */
export async function isClientStale(): Promise<boolean> {
  const built = await modifiedAt(new URL("room.html", DIST));
  if (built === 0) return true;
  for (const source of SOURCES) {
    if (await newest(new URL(source, ROOT)) > built) return true;
  }
  return false;
}

/** Builds with its output visible; answers whether it worked. */
export async function buildClient(signal?: AbortSignal): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "build"],
    cwd: ROOT,
    ...(signal === undefined ? {} : { signal }),
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  return success;
}

/** Builds again on each change, until the process ends. */
export function watchClient(): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "build", "--watch"],
    cwd: ROOT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
}

async function newest(source: URL): Promise<number> {
  const info = await Deno.stat(source);
  if (info.isFile) return info.mtime?.getTime() ?? 0;
  let latest = 0;
  const folder = new URL(`${source.href.replace(/\/$/, "")}/`);
  for await (const entry of Deno.readDir(folder)) {
    const child = new URL(encodeURIComponent(entry.name), folder);
    if (child.href === DIST.href.slice(0, -1) || entry.name.startsWith(".")) continue;
    latest = Math.max(latest, await newest(child));
  }
  return latest;
}

async function modifiedAt(file: URL): Promise<number> {
  try {
    return (await Deno.stat(file)).mtime?.getTime() ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
