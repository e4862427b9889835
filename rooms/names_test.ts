import { expect } from "@std/expect";
import { Names, readsLike } from "./names.ts";

const BOOKED = [
  { participantId: "t", name: "Mia Berg" },
  { participantId: "s", name: "Ada" },
  { participantId: "k", name: "Ηλίας" },
];

async function names(booked = BOOKED): Promise<Names> {
  const names = new Names(() => Promise.resolve(booked));
  await names.refresh();
  return names;
}

Deno.test("names read alike whatever the case, spaces, normal form and look of their letters", () => {
  for (
    const name of [
      "Mia Berg",
      "MIA BERG",
      "  mia   berg ",
      "MiaBerg",
      "Mia\u00a0Berg",
      "Mia\u2003Berg.",
      "Mia-Berg",
      "Mi\u200ba\u00ad Berg\u2060",
      "\u202eMia Berg\u202c",
      "Mía Bèrg",
      "Mi\u0301a Berg",
      "Ｍｉａ Ｂｅｒｇ",
      "𝓜𝓲𝓪 𝔅𝔢𝔯𝔤",
      "ᴍɪᴀ ʙᴇʀɢ",
      // Cyrillic, Greek, Cherokee and Lisu capitals, and digits.
      "Мiа Веrg",
      "ΜΙΑ ΒΕRG",
      "ᎷᏆᎪ ᏴᎬᎡᏀ",
      "ꓟꓲꓮ ꓐꓰꓣꓖ",
      "M1a Berg",
      "Mla Berg",
      "M|a Berg",
      "rnia Berg",
    ]
  ) expect([name, readsLike(name, "Mia Berg")]).toEqual([name, true]);
  expect(readsLike("Straße", "STRASSE")).toBe(true);
  expect(readsLike("Ηλίας", "ηλιας")).toBe(true);
  expect(readsLike("ΗΛΊΑΣ", "Ηλίας")).toBe(true);
  expect(readsLike("Нина", "нИНА")).toBe(true);
  expect(readsLike("数学", "数 学")).toBe(true);
  expect(readsLike("🦊", " 🦊 ")).toBe(true);
});

Deno.test("names that people tell apart are apart", () => {
  for (const name of ["Mia", "Mia Berger", "Mio Berg", "Ada", "Mia Berg Tutor", "", "数学", "🦊"]) {
    expect([name, readsLike(name, "Mia Berg")]).toEqual([name, false]);
  }
  expect(readsLike("🦊", "🐺")).toBe(false);
});

Deno.test("a guest is told apart from who is booked, and only then", async () => {
  const { shown } = await names().then((names) => ({
    shown: (name: string) => names.shown({ participantId: "stranger", name }),
  }));
  expect(shown("Mia Berg")).toBe("Mia Berg (guest)");
  expect(shown("МIА ВЕRG")).toBe("МIА ВЕRG (guest)");
  expect(shown("ηλιας")).toBe("ηλιας (guest)");
  expect(shown("Gil")).toBe("Gil");
  // What was shown before isn't marked twice.
  expect(shown("Mia Berg (guest)")).toBe("Mia Berg (guest)");
});

Deno.test("a name that is marked is no longer than a name may be, and is cut between letters", async () => {
  const long = "🦊".repeat(30);
  const shown = (await names([{ participantId: "t", name: long }]))
    .shown({ participantId: "stranger", name: long });
  expect(shown.length).toBeLessThanOrEqual(60);
  expect(shown).toBe(`${"🦊".repeat(26)} (guest)`);
});

Deno.test("who is booked may be called otherwise, but not what another booked person is called", async () => {
  const all = await names();
  expect(all.shown({ participantId: "s", name: "Ada Lovelace" })).toBe("Ada Lovelace");
  expect(all.shown({ participantId: "s", name: "ada" })).toBe("ada");
  expect(all.shown({ participantId: "s", name: "mia berg" })).toBe("Ada");
  const twins = await names([{ participantId: "a", name: "Kim" }, {
    participantId: "b",
    name: "Kim",
  }]);
  expect(twins.shown({ participantId: "b", name: "Kim" })).toBe("Kim");
});
