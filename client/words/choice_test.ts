import { expect } from "@std/expect";
import { LOCALES } from "../../rooms/contract/words/locales.ts";
import { localeFor } from "./choice.ts";

const languages = ["fr-CA", "en"];

Deno.test("localeFor takes the reader's choice before the booking, and that before the browser", () => {
  expect(localeFor({ chosen: "ja", booked: "de", languages }, LOCALES)).toBe("ja");
  expect(localeFor({ chosen: null, booked: "de", languages }, LOCALES)).toBe("de");
  expect(localeFor({ chosen: null, booked: null, languages }, LOCALES)).toBe("fr");
});

Deno.test("localeFor passes over what isn't offered, down to English", () => {
  expect(localeFor({ chosen: "ja", booked: "de", languages }, ["en", "de"])).toBe("de");
  expect(localeFor({ chosen: "?", booked: "", languages: ["tlh"] }, LOCALES)).toBe("en");
});
