/**
 * `deno task words`: makes the types of all messages, and the list of languages that are offered, of the catalogues.
 *
 * The build does the same, so that an edited catalogue needs no further command. What is made is checked in, so that
 * types are there before any build; a test holds it against the catalogues.
 */
import { type Area, faultsOf, offeredLocales, readAreas } from "./making/catalogues.ts";
import { type Speaker, writeArea, writeOffered } from "./making/typings.ts";

const ROOT = new URL("../../", import.meta.url);

const FOLDERS: readonly { folder: string; speaker: Speaker }[] = [
  { folder: "client/words/messages/", speaker: "page" },
  { folder: "server/notify/messages/", speaker: "server" },
];

/** The areas of pages and of the server. */
export async function readAllAreas(): Promise<Area[]> {
  const areas = await Promise.all(FOLDERS.map(({ folder }) => readAreas(new URL(folder, ROOT))));
  return areas.flat();
}

/** Of each file, by its path from the top, what should be in it. Throws what is wrong with a catalogue. */
export async function madeFiles(): Promise<Map<string, string>> {
  const all = await readAllAreas();
  const faults = all.flatMap(faultsOf);
  if (faults.length > 0) throw new Error(`Messages that can't be:\n${faults.join("\n")}`);
  const offered = offeredLocales(all);
  const files = new Map([["rooms/contract/words/offered.ts", writeOffered(offered)]]);
  for (const { folder, speaker } of FOLDERS) {
    for (const area of await readAreas(new URL(folder, ROOT))) {
      files.set(`${folder}${area.name}/messages.ts`, writeArea(area, offered, speaker));
    }
  }
  return files;
}

export async function isFresh(path: string, text: string): Promise<boolean> {
  return await Deno.readTextFile(new URL(path, ROOT)).catch(() => null) === text;
}

/** Writes what isn't as it should be, and nothing else. */
export async function makeMessages(): Promise<void> {
  for (const [path, text] of await madeFiles()) {
    if (!await isFresh(path, text)) await Deno.writeTextFile(new URL(path, ROOT), text);
  }
}

if (import.meta.main) await makeMessages();
