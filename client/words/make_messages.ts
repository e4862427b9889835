/**
 * `deno task words`: makes the types of all messages, and the list of languages that are offered, of the catalogues.
 *
 * The build does the same, so that an edited catalogue needs no further command. What is made is checked in, so that
 * types are there before any build; a test holds it against the catalogues.
 */
import { faultsOf, offeredLocales, readAreas } from "./making/catalogues.ts";
import { writeArea, writeOffered } from "./making/typings.ts";

const HERE = new URL("./", import.meta.url);

/** Of each file, by its path from here, what should be in it. Throws what is wrong with a catalogue. */
export async function madeFiles(): Promise<Map<string, string>> {
  const areas = await readAreas(new URL("messages/", HERE));
  const faults = areas.flatMap(faultsOf);
  if (faults.length > 0) throw new Error(`Messages that can't be:\n${faults.join("\n")}`);
  const offered = offeredLocales(areas);
  return new Map([
    ["offered.ts", writeOffered(offered)],
    ...areas.map((area) =>
      [`messages/${area.name}/messages.ts`, writeArea(area, offered)] as const
    ),
  ]);
}

export async function isFresh(path: string, text: string): Promise<boolean> {
  return await Deno.readTextFile(new URL(path, HERE)).catch(() => null) === text;
}

/** Writes what isn't as it should be, and nothing else. */
export async function makeMessages(): Promise<void> {
  for (const [path, text] of await madeFiles()) {
    if (!await isFresh(path, text)) await Deno.writeTextFile(new URL(path, HERE), text);
  }
}

if (import.meta.main) await makeMessages();
