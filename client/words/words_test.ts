import { expect } from "@std/expect";
import { effect } from "@preact/signals";
import { changeLocale, locale, Words } from "./words.ts";

interface Gate {
  open(): void;
}

/** A part whose German comes when the gate is opened. */
function part(): { words: Words<{ hello: { name: string }; bye: null }>; german: Gate } {
  const gate = Promise.withResolvers<void>();
  const words = new Words<{ hello: { name: string }; bye: null }>("part", {
    en: () => Promise.resolve({ default: { hello: "Hello {name}", bye: "Goodbye" } }),
    de: async () => {
      await gate.promise;
      return { default: { hello: "Hallo {name}", bye: "Tschüss" } };
    },
  });
  return { words, german: { open: () => gate.resolve() } };
}

Deno.test("a page changes its language once every open part has its messages, and tells whoever said one", async () => {
  const [one, other] = [part(), part()];
  await Promise.all([one.words.open(), other.words.open()]);
  const said: string[] = [];
  const stop = effect(() => void said.push(one.words.say("hello", { name: "Ada" })));
  const changed = changeLocale("de");
  one.german.open();
  expect(locale()).toBe("en");
  other.german.open();
  await changed;
  expect(said).toEqual(["Hello Ada", "Hallo Ada"]);
  expect(other.words.say("bye")).toBe("Tschüss");
  stop();
  await changeLocale("en");
});

Deno.test("a part that opens while the language changes comes in the new one", async () => {
  const [one, late] = [part(), part()];
  await one.words.open();
  const changed = changeLocale("de");
  const opened = late.words.open();
  one.german.open();
  late.german.open();
  await Promise.all([changed, opened]);
  expect(late.words.say("bye")).toBe("Tschüss");
  await changeLocale("en");
});

Deno.test("of two choices the last one counts, however long the first takes", async () => {
  const one = part();
  await one.words.open();
  const first = changeLocale("de");
  await changeLocale("en");
  one.german.open();
  await first;
  expect(locale()).toBe("en");
});

Deno.test("a part that isn't open says so rather than nothing", () => {
  expect(() => part().words.say("bye")).toThrow("The words of part aren't open");
});
