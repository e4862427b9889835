// deno-fmt-ignore-file
// Made of the catalogues by `deno task words`, and by each build.
import type { Locale } from "../../rooms/contract/words/locales.ts";

/** Languages in which no message is missing. */
export const OFFERED: readonly Locale[] = [
  "en",
];
