// deno-fmt-ignore-file
// Made of the catalogues by `deno task words`, and by each build.
import type { Locale } from "./locales.ts";

/** Languages in which no message is missing, of pages and mails. */
export const OFFERED: readonly Locale[] = [
  "en",
];
