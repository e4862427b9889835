/**
 * Says when a lesson is, in the reader's own time zone, the page's language, and the way people say it.
 *
 * The clock, the region and the zone are arguments, so that the same words come out in a test.
 */
import { dateTimeFormat } from "../../rooms/contract/words/messages.ts";
import { cityOf, zoneName } from "../../rooms/contract/words/zones.ts";
import { shared } from "./messages/shared/messages.ts";
import { intlLocale, locale as pageLocale } from "./words.ts";

export interface Reader {
  now: number;
  /** For `Intl`: the page's language with the reader's region. */
  locale: string;
  timeZone: string;
}

/** The reader of this page. */
export function thisReader(): Reader {
  return {
    now: Date.now(),
    locale: intlLocale(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

/** A day, for a message that chooses its words by it: `{when, select, today {…} other {… on {day} …}}`. */
export interface Day {
  when: "today" | "tomorrow" | "yesterday" | "other";
  /** `Tuesday` within a week, then `Tuesday 1 December`. */
  day: string;
}

const NEAR: Readonly<Record<string, Day["when"]>> = {
  "-1": "yesterday",
  "0": "today",
  "1": "tomorrow",
};

function dayNumber(at: number, { timeZone }: Reader): number {
  const [year, month, day] = dateTimeFormat("en-CA", { timeZone }).format(at).split("-").map(
    Number,
  );
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1) / 86_400_000;
}

export function dayOf(at: number, reader: Reader): Day {
  const days = dayNumber(at, reader) - dayNumber(reader.now, reader);
  const { locale, timeZone } = reader;
  const date: Intl.DateTimeFormatOptions = days > 1 && days < 7
    ? { weekday: "long", timeZone }
    : { weekday: "long", day: "numeric", month: "long", timeZone };
  return { when: NEAR[days] ?? "other", day: dateTimeFormat(locale, date).format(at) };
}

/** A day by itself: `Today`, `Tuesday`, `Tuesday 1 December`. In a sentence, take {@linkcode dayOf}. */
export function sayDay(at: number, reader: Reader): string {
  const { when, day } = dayOf(at, reader);
  return when === "other" ? capital(day, reader) : shared.say(`day.${when}`);
}

/** Many languages write days small, also where they begin a line. */
function capital(text: string, { locale }: Reader): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}

export function sayTime(at: number, { locale, timeZone }: Reader): string {
  return dateTimeFormat(locale, { hour: "numeric", minute: "2-digit", timeZone }).format(at);
}

/** `Today, 16:00–17:00`. An end on another day is left out: the start is what matters. */
export function saySpan(start: number, end: number | null, reader: Reader): string {
  const begins = { day: sayDay(start, reader), start: sayTime(start, reader) };
  return end !== null && dayNumber(start, reader) === dayNumber(end, reader)
    ? shared.say("span", { ...begins, end: sayTime(end, reader) })
    : shared.say("span.open", begins);
}

/** `Berlin time` in English, which names a zone by its city; elsewhere what the language calls the zone. */
export function sayZone({ timeZone, locale, now }: Reader): string {
  const city = cityOf(timeZone);
  if (city === "UTC") return city;
  return pageLocale() === "en" ? shared.say("zone", { city }) : zoneName(timeZone, locale, now);
}
