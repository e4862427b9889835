/** How a time zone is called. */
import { dateTimeFormat } from "./messages.ts";

/** `Europe/Berlin` is `Berlin`: how English names a zone by its city. */
export function cityOf(timeZone: string): string {
  return timeZone.split("/").at(-1)?.replaceAll("_", " ") ?? timeZone;
}

/**
 * What a language calls the zone: *Mitteleuropäische Zeit*. In years without summer time that is *Mitteleuropäische
 * Normalzeit*, so it must be told when.
 */
export function zoneName(timeZone: string, intlLocale: string, at: number): string {
  const parts = dateTimeFormat(intlLocale, { timeZone, timeZoneName: "longGeneric" })
    .formatToParts(at);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? cityOf(timeZone);
}
