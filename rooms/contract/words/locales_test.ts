import { expect } from "@std/expect";
import { LOCALES, matchLocale } from "./locales.ts";

Deno.test("matchLocale serves a reader in any region, by the first of their languages that is offered", () => {
  expect(matchLocale(["de-AT", "en"], LOCALES)).toBe("de");
  expect(matchLocale(["nl", "fr-CA"], LOCALES)).toBe("fr");
  expect(matchLocale(["pt-PT"], LOCALES)).toBe("pt-BR");
  expect(matchLocale(["iw"], LOCALES)).toBe("he");
  expect(matchLocale(["de"], ["en"])).toBeNull();
});

Deno.test("matchLocale serves nobody in a script that they don't read", () => {
  expect(matchLocale(["zh-CN"], LOCALES)).toBe("zh-Hans");
  expect(matchLocale(["zh-TW"], LOCALES)).toBeNull();
});

Deno.test("matchLocale passes over what is no language", () => {
  expect(matchLocale(["", "*", "x-y-z-", "ja"], LOCALES)).toBe("ja");
});
