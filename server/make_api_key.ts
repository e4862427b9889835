/** `deno task key [name]`: makes an API key and prints it, for the only time. */
import { loadConfig } from "./config.ts";
import { prepareDataFolder } from "./data_folder.ts";
import { explainStartFault } from "./start_fault.ts";
import { openStorage } from "../db/storage.ts";

async function makeKey(name: string): Promise<string> {
  const config = loadConfig();
  if (config.database.kind === "file") await prepareDataFolder(config.dataDir);
  const storage = await openStorage({ location: config.database, ...config.lessons });
  try {
    return await storage.apiKeys.create(name, Date.now());
  } finally {
    await storage.close();
  }
}

const write = (stream: { writeSync(bytes: Uint8Array): number }, line: string) =>
  stream.writeSync(new TextEncoder().encode(`${line}\n`));

try {
  write(Deno.stdout, await makeKey(Deno.args[0] ?? "made by hand"));
  write(Deno.stderr, "Keep it: it is stored hashed and can't be shown again.");
} catch (error) {
  const reason = explainStartFault(error);
  if (reason === null) throw error;
  write(Deno.stderr, reason);
  Deno.exit(1);
}
