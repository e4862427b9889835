import { expect } from "@std/expect";
import type { CatalogueFile } from "../../../rooms/contract/words/compile.ts";
import type { Locale } from "../../../rooms/contract/words/locales.ts";
import { type Area, faultsOf, offeredLocales } from "./catalogues.ts";
import { readParameters } from "./parameters.build.ts";
import { keysOf } from "./typings.ts";

const english = (message: string) => ({ key: { message, description: "For the test" } });

function area(source: string, translations: Partial<Record<Locale, string>> = {}): Area {
  const files = Object.entries(translations).map(([locale, message]) =>
    [locale as Locale, { key: message }] as const
  );
  return {
    name: "area",
    files: new Map<Locale, CatalogueFile>([["en", english(source)], ...files]),
  };
}

Deno.test("a message's parameters are typed by how it uses them", () => {
  const message = "<link>{name}</link> {count, plural, one {# file} other {{count} files}} " +
    "{kind, select, audio {sound} other {else}} {share, number, percent}";
  expect([...readParameters(message)]).toEqual([
    ["link", "Tag"],
    ["name", "string"],
    ["count", "number"],
    ["kind", '"audio" | "other"'],
    ["share", "number"],
  ]);
  expect(keysOf(area("Hello {name}")).needing).toEqual(['"key": { "name": string };']);
});

Deno.test("a translation with another parameter, a lost tag or a missing plural is at fault", () => {
  const faults = (source: string, translations: Partial<Record<Locale, string>>) =>
    faultsOf(area(source, translations)).join();
  expect(faults("Hello {name}", { de: "Hallo {nahme}" })).toContain("uses {nahme}");
  expect(faults("<b>Now</b>", { de: "Jetzt" })).toContain("leaves out <b>");
  const files = "{count, plural, one {# file} other {# files}}";
  expect(faults(files, { pl: "{count, plural, one {# plik} other {# pliku}}" }))
    .toContain("lacks a plural (count: few, count: many)");
  expect(faults(files, { fr: "{count, plural, one {# fichier} other {# fichiers}}" })).toBe("");
  expect(faults("Hello", { de: "Hallo {" })).toContain("can't be read");
});

Deno.test("dates come to a message as words, never as dates", () => {
  expect(faultsOf(area("On {day, date}")).join()).toContain("{day} is a date");
});

Deno.test("a language is offered when nothing is missing in it", () => {
  const whole = area("Hello", { de: "Hallo", fr: "Bonjour" });
  expect(offeredLocales([whole])).toEqual(["en", "de", "fr"]);
  expect(offeredLocales([whole, area("Bye", { fr: "Au revoir" })])).toEqual(["en", "fr"]);
});
