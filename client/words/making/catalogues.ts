/**
 * Reads the catalogues of a folder and holds the translations against the English.
 *
 * `<area>/en.json` is the source, with a description of each message; `<area>/de.json` and the others are what it says in
 * their language. A language in which any message of any area is missing isn't offered to people.
 */
import { type Locale, LOCALES, SOURCE_LOCALE } from "../../../rooms/contract/words/locales.ts";
import { type CatalogueFile, messageOf } from "../../../rooms/contract/words/compile.ts";
import { missingPlurals, readParameters } from "./parameters.build.ts";

export interface Area {
  name: string;
  files: ReadonlyMap<Locale, CatalogueFile>;
}

export async function readAreas(folder: URL): Promise<Area[]> {
  const areas: Area[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) continue;
    const files = new Map<Locale, CatalogueFile>();
    for (const locale of LOCALES) {
      const text = await readIfThere(new URL(`${name}/${locale}.json`, folder));
      if (text !== null) files.set(locale, JSON.parse(text));
    }
    areas.push({ name, files });
  }
  return areas.sort((left, right) => left.name < right.name ? -1 : 1);
}

export function englishOf({ name, files }: Area): CatalogueFile {
  const english = files.get(SOURCE_LOCALE);
  if (english === undefined) throw new Error(`The area ${name} has no ${SOURCE_LOCALE}.json`);
  return english;
}

/** Keys of the English catalogue that the language lacks. */
export function untranslated(area: Area, locale: Locale): string[] {
  const file = area.files.get(locale);
  return Object.keys(englishOf(area)).filter((key) => file?.[key] === undefined);
}

/** Languages in which nothing is missing. */
export function offeredLocales(areas: readonly Area[]): Locale[] {
  return LOCALES.filter((locale) => areas.every((area) => untranslated(area, locale).length === 0));
}

/** What is wrong with a catalogue's messages, a sentence each. Missing ones aren't wrong, only missing. */
export function faultsOf(area: Area): string[] {
  const english = englishOf(area);
  const faults: string[] = [];
  for (const [locale, file] of area.files) {
    for (const [key, entry] of Object.entries(file)) {
      const source = english[key];
      const fault = source === undefined
        ? "isn't in the English catalogue"
        : faultOf(messageOf(entry), messageOf(source), locale);
      if (fault !== null) faults.push(`${area.name}/${locale}.json: ${key} ${fault}`);
      if (locale === SOURCE_LOCALE && (typeof entry === "string" || !entry.description)) {
        faults.push(`${area.name}/${locale}.json: ${key} has no description`);
      }
    }
  }
  return faults;
}

function faultOf(message: string, source: string, locale: Locale): string | null {
  try {
    const known = readParameters(source);
    for (const [name, type] of readParameters(message)) {
      const expected = known.get(name);
      // A translation may say a count without a plural.
      if (expected === undefined) return `uses {${name}}, which the English message doesn't have`;
      if (expected !== type && type !== "string") {
        return `uses {${name}} as ${type}, not ${expected}`;
      }
    }
    const lost = [...known].filter(([name, type]) =>
      type === "Tag" && !message.includes(`<${name}`)
    ).map(([name]) => name);
    if (lost.length > 0) return `leaves out <${lost[0]}>`;
    const missing = missingPlurals(message, locale);
    return missing.length === 0 ? null : `lacks a plural (${missing.join(", ")})`;
  } catch (error) {
    return `can't be read: ${error instanceof Error ? error.message : error}`;
  }
}

async function readIfThere(file: URL): Promise<string | null> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
