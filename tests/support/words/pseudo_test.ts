import { expect } from "@std/expect";
import { compileCatalogue } from "../../../rooms/contract/words/compile.ts";
import { sayMessage, sayRichMessage } from "../../../rooms/contract/words/messages.ts";
import { accent, pseudo } from "./pseudo.ts";

const catalogue = compileCatalogue({
  plain: "Copy",
  nested: "{count, plural, one {# file of {name}} other {# files of <b>{name}</b>}}",
});
const spoken = Object.fromEntries(
  Object.entries(catalogue).map(([key, message]) => [key, pseudo(message)]),
);

Deno.test("the pseudo-locale marks and accents a message, and makes it longer", () => {
  expect(sayMessage(spoken, "en", "plain")).toBe(`⟦${accent("Copy")} ··⟧`);
});

Deno.test("the pseudo-locale accents inside plurals and tags, and leaves what a message is given", () => {
  expect(sayMessage(spoken, "en", "nested", { count: 1, name: "Ada" }))
    .toContain(`1 ${accent("file of")} Ada`);
  const rich = sayRichMessage<{ bold: unknown }>(spoken, "en", "nested", {
    count: 2,
    name: "Ada",
    b: (bold: unknown) => ({ bold }),
  });
  expect(rich).toEqual([
    `⟦2 ${accent("files of")} `,
    { bold: ["Ada"] },
    expect.stringMatching(/·⟧$/),
  ]);
});
