/**
 * By which names people are shown, so that nobody is taken for somebody who is booked.
 *
 * A guest whose name reads like that of a booked person is shown as *Mia (guest)*, wherever names are shown: this is the
 * name that the server writes into the document, sends and stores. Who is booked may call themselves something else,
 * but not what another booked person is called.
 *
 * Names are compared as people read them: without regard to case, spaces, punctuation, accents and what is invisible, and
 * with letters taken for equal that look alike. It errs on the side of telling guests apart: they are guests. It doesn't
 * know every letter of every script, nor names that merely resemble each other (*Mia T.*).
 */
import type { BookedName } from "./ports.ts";
import { MAX_NAME_CHARS } from "./contract/protocol/messages.ts";

const GUEST = " (guest)";

/** Lower-case letters and what looks like them in one case or the other: Cyrillic, Greek, Armenian, Cherokee, Lisu, small capitals. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  a: "АаΑαᎪꓮᴀɑ",
  b: "ВЬьΒβᏴꓐʙ",
  c: "СсϹϲᏟꓚᴄ",
  d: "ԁᎠꓓᴅđ",
  e: "ЕеЄєΕεᎬꓰᴇ",
  f: "ꓝϜꜰſ",
  g: "ԌցᏀꓖɢɡ",
  h: "НнһΗհᎻꓧʜħ",
  j: "ЈјᎫꓙᴊȷ",
  k: "КкΚκᏦꓗᴋ",
  l: "ІіӀӏΙιᏞᏆꓡꓲʟɪıłI1|",
  m: "МмΜᎷꓟᴍ",
  n: "ПпΝηոꓠɴŋ",
  o: "ОоΟοσօՕꓳᴏøØ0",
  p: "РрΡρᏢꓑᴘ",
  q: "Ԛԛզ",
  r: "ГгᎡᏒꓣʀ",
  s: "ЅѕՏᏚꓢꜱ",
  t: "ТтΤτᎢꓔᴛ",
  u: "ՍսυꓴᴜИи",
  v: "ѴѵνᏙꓦᴠ",
  w: "ԜԝωᎳꓪᴡ",
  x: "ХхΧχꓫ",
  y: "УуҮүΥγꓬʏ",
  z: "ΖᏃꓜᴢ",
};

const LATIN = new Map(
  Object.entries(LOOKALIKES).flatMap(([latin, others]) => [...others].map((one) => [one, latin])),
);

/** Somebody whose name is to be shown. */
export interface Named {
  participantId: string;
  /** As they gave it, or as it was shown before. */
  name: string;
}

export class Names {
  #booked: readonly (BookedName & { readings: readonly string[] })[] = [];

  constructor(private readonly load: () => Promise<readonly BookedName[]>) {}

  /** Learns who is booked by now; answers whether that has changed. */
  async refresh(): Promise<boolean> {
    const booked = await this.load();
    const isKnown = booked.length === this.#booked.length && booked.every((one, index) => {
      const known = this.#booked[index];
      return known?.participantId === one.participantId && known.name === one.name;
    });
    if (!isKnown) {
      this.#booked = booked.map((one) => ({ ...one, readings: readingsOf(one.name) }));
    }
    return !isKnown;
  }

  /** The name that everybody sees. What was shown before stays as it is. */
  shown({ participantId, name }: Named): string {
    const own = this.#booked.find((one) => one.participantId === participantId);
    const readings = readingsOf(name);
    const isAlike = (one: { readings: readonly string[] }) =>
      one.readings.some((reading) => readings.includes(reading));
    if (own !== undefined && isAlike(own)) return name;
    const isAnothers = this.#booked.some(isAlike);
    if (own !== undefined) return isAnothers ? own.name : name;
    return isAnothers ? `${cut(name, MAX_NAME_CHARS - GUEST.length)}${GUEST}` : name;
  }
}

/** Whether people who read both would take one name for the other. */
export function readsLike(one: string, another: string): boolean {
  const readings = readingsOf(another);
  return readingsOf(one).some((reading) => readings.includes(reading));
}

/** What a name is read as: by its letters, and by how they look. Equal names have one of them in common. */
function readingsOf(name: string): readonly string[] {
  const bare = bareOf(name);
  const alike = bareOf(
    [...bare.plain].map((letter) => LATIN.get(letter) ?? letter).join(""),
  ).letters.replaceAll("i", "l").replaceAll("rn", "m").replaceAll("vv", "w");
  // A name of signs alone is what it is.
  if (bare.letters === "") return [bare.plain.replaceAll(/\s/g, "")];
  return alike === "" ? [bare.letters] : [bare.letters, `=${alike}`];
}

/** Without accents and what is invisible; and of that the letters and digits alone, in lower case. */
function bareOf(name: string): { plain: string; letters: string } {
  const plain = name.normalize("NFKD").replaceAll(
    /[\p{M}\p{Default_Ignorable_Code_Point}\p{C}]/gu,
    "",
  );
  const folded = plain.toUpperCase().toLowerCase().normalize("NFKD");
  return { plain, letters: folded.replaceAll(/[^\p{L}\p{N}]/gu, "") };
}

/** At most so many UTF-16 units, in whole letters. */
function cut(name: string, most: number): string {
  let kept = "";
  for (const letter of name) {
    if (kept.length + letter.length > most) break;
    kept += letter;
  }
  return kept.trimEnd();
}
