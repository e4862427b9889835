import { expect } from "@std/expect";
import { regionalTag } from "./regional_tag.ts";

Deno.test("regionalTag keeps the page's language and takes the reader's region", () => {
  expect(regionalTag("de", ["en-US", "de-AT"])).toBe("de-AT");
  expect(regionalTag("en", ["en-US"])).toBe("en-US");
  expect(regionalTag("ar", ["en-US"])).toBe("ar");
});

Deno.test("regionalTag writes English dates as Britain does for whoever's browser names no English", () => {
  expect(regionalTag("en", ["de-DE"])).toBe("en-GB");
});
