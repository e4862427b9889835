/** Listeners that throw break a Yjs document: every one is put behind the shield of `shielded.ts`. */
import { expect } from "@std/expect";
import { isProduct, readSources } from "./sources.ts";

const SHIELD = "rooms/contract/document/shielded.ts";
/** A tripwire that throws has to count as one that tripped: its caller takes the exception for that. */
const TRIPWIRE = "rooms/document/tripwire.ts";
/** Documents of the recorder and of repaired snapshots are read and thrown away; nothing listens to them. */
const UNHEARD = /^(recorder|db\/log)\//;

const product = (await readSources()).filter(isProduct)
  .filter(({ file }) => file !== SHIELD);

Deno.test("types of a document are watched behind the shield alone", () => {
  const bare = product.filter(({ file, code, imports }) =>
    file !== TRIPWIRE &&
    (code.includes(".observeDeep(") ||
      code.includes(".observe(") && imports.some(({ target }) => target === "yjs"))
  );
  expect(bare.map(({ file }) => file)).toEqual([]);
});

Deno.test("documents and presence that somebody listens to are shielded", () => {
  const bare = product.filter(({ file, code }) =>
    /new (Y\.Doc|Awareness)\(/.test(code) && !UNHEARD.test(file)
  );
  expect(bare.map(({ file }) => file)).toEqual([]);
  const heard = product.filter(({ file, code }) => UNHEARD.test(file) && /new Y\.Doc\(/.test(code))
    .filter(({ code }) => /\bdoc\.on\(/.test(code));
  expect(heard.map(({ file }) => file)).toEqual([]);
});
