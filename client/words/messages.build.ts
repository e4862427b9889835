/**
 * Catalogues in the client's build: types are made anew, messages are compiled, and no parser goes into a page.
 *
 * Each language of each area is a chunk of its own, named by both (`words-door-de-….js`), so that a page loads one
 * language, and only what it says.
 */
import { resolve } from "node:path";
import type { Plugin } from "vite";
import { compileCatalogue } from "../../rooms/contract/words/compile.ts";
import { makeMessages } from "./make_messages.ts";

const CATALOGUE = /\/client\/words\/messages\/([a-z]+)\/([\w-]+)\.json$/;
const COMPILE = /\/rooms\/contract\/words\/compile\.ts$/;

export function messages(): Plugin {
  return {
    name: "lectern-messages",
    enforce: "pre",
    async buildStart() {
      await makeMessages();
    },
    load: {
      filter: { id: [CATALOGUE, COMPILE] },
      async handler(id) {
        if (COMPILE.test(id)) return "export const compileCatalogue = (catalogue) => catalogue;";
        return JSON.stringify(compileCatalogue(JSON.parse(await Deno.readTextFile(resolve(id)))));
      },
    },
  };
}

/** The name of a chunk; undefined for what isn't a catalogue. */
export function nameOfChunk(facadeModuleId: string | null): string | undefined {
  const [, area, locale] = CATALOGUE.exec(facadeModuleId ?? "") ?? [];
  return area && `assets/words-${area}-${locale}-[hash].js`;
}
