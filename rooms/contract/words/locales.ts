/** The languages that Lectern speaks, by their BCP 47 tags, and which of them serves a reader best. */

export const LOCALES = [
  "en",
  "de",
  "fr",
  "es",
  "pt-BR",
  "pl",
  "tr",
  "uk",
  "ar",
  "he",
  "hi",
  "ja",
  "zh-Hans",
] as const;

export type Locale = typeof LOCALES[number];

export const SOURCE_LOCALE = "en" satisfies Locale;

const RIGHT_TO_LEFT: readonly Locale[] = ["ar", "he"];

export function isLocale(text: unknown): text is Locale {
  return LOCALES.some((locale) => locale === text);
}

export function directionOf(locale: Locale): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.includes(locale) ? "rtl" : "ltr";
}

/**
 * The first of the wanted languages that is offered, in any region: `de-AT` is served by `de`, `pt-PT` by `pt-BR`.
 * Null when none is. A script that its readers don't read doesn't serve them: `zh-TW` is not `zh-Hans`.
 */
export function matchLocale(
  wanted: readonly string[],
  offered: readonly Locale[],
): Locale | null {
  for (const tag of wanted) {
    const reader = parse(tag);
    const match = reader && offered.find((locale) => {
      const ours = parse(locale);
      return ours?.language === reader.language && ours?.script === reader.script;
    });
    if (match) return match;
  }
  return null;
}

function parse(tag: string): Intl.Locale | null {
  try {
    const locale = new Intl.Locale(tag).maximize();
    // Browsers still say `iw` for Hebrew in places; Intl.Locale turns it into `he`.
    return locale;
  } catch {
    return null;
  }
}
