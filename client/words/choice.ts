/** Which language a page is in: the reader's own choice → what was booked for them → their browser's → English. */
import { type Locale, matchLocale, SOURCE_LOCALE } from "../../rooms/contract/words/locales.ts";

/** What is known of the reader; null where nothing is. */
export interface Wishes {
  chosen: string | null;
  booked: string | null;
  /** The browser's languages, best first. */
  languages: readonly string[];
}

/** What isn't offered, or is no language, is passed over. */
export function localeFor(wishes: Wishes, offered: readonly Locale[]): Locale {
  const { chosen, booked, languages } = wishes;
  const inOrder = [chosen, booked, ...languages].filter((tag) => tag !== null);
  return matchLocale(inOrder, offered) ?? SOURCE_LOCALE;
}
