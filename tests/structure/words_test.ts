/** Catalogues: what is made of them is fresh, nothing in them is wrong, and nothing lies in them unused. */
import { expect } from "@std/expect";
import { isFresh, madeFiles, readAllAreas } from "../../client/words/make_messages.ts";
import { untranslated } from "../../client/words/making/catalogues.ts";
import { OFFERED } from "../../rooms/contract/words/offered.ts";
import { isProduct, readSources } from "./sources.ts";

const areas = await readAllAreas();

Deno.test("types of messages and the list of languages are what the catalogues make of them: deno task words", async () => {
  const stale: string[] = [];
  for (const [path, text] of await madeFiles()) if (!await isFresh(path, text)) stale.push(path);
  expect(stale).toEqual([]);
});

Deno.test("a language that is offered has every message", () => {
  const missing = OFFERED.flatMap((locale) =>
    areas.flatMap((area) =>
      untranslated(area, locale).map((key) => `${locale} ${area.name} ${key}`)
    )
  );
  expect(OFFERED).toContain("en");
  expect(missing).toEqual([]);
});

Deno.test("every message is said somewhere", async () => {
  const code = (await readSources())
    .filter((source) => isProduct(source) && /^(client|server\/notify)\//.test(source.file))
    .filter(({ file }) => !file.endsWith("/messages.ts"))
    .map(({ code }) => code).join("\n");
  // `tryIt.link.${role}` says every key that begins so.
  const beginnings = [...code.matchAll(/`([\w.-]+\.)\$\{/g)].map(([, beginning = ""]) => beginning);
  const unsaid = areas.flatMap(({ name, files }) =>
    Object.keys(files.get("en") ?? {})
      .filter((key) => !code.includes(`"${key}"`) && !beginnings.some((it) => key.startsWith(it)))
      .map((key) => `${name} ${key}`)
  );
  expect(unsaid).toEqual([]);
});
