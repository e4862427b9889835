/**
 * What stands for a person who shows no picture.
 */

/** One or two letters that stand for a name. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => word !== "");
  const first = words[0] ?? "";
  const last = words.length > 1 ? words[words.length - 1] ?? "" : "";
  return [first, last].map(initialOf).join("").toLocaleUpperCase();
}

/** The first letter, behind a bracket for one; of a word of signs the first sign. */
function initialOf(word: string): string {
  return /[\p{L}\p{N}]/u.exec(word)?.[0] ?? [...word][0] ?? "";
}

/** A hue of 0…359 that depends on nothing but the name. */
export function hueOf(name: string): number {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return hash * 37 % 360;
}
