/** Whose dates and numbers somebody reads: their language, in the region that their browser names. */
import { type Locale, matchLocale } from "./locales.ts";

/** English dates are British where the browser names no English. */
const WITHOUT_REGION: Partial<Record<Locale, string>> = { en: "en-GB" };

export function regionalTag(locale: Locale, languages: readonly string[]): string {
  const regional = languages.find((tag) => matchLocale([tag], [locale]) === locale);
  return regional ?? WITHOUT_REGION[locale] ?? locale;
}
