/**
 * Says when a lesson is, in the reader's own time zone and the way people say it.
 *
 * The clock, the language and the zone are arguments, so that the same words come out in a test.
 */

export interface Reader {
  now: number;
  /** The interface is English: a reader's other language would mix two. */
  locale: string;
  timeZone: string;
}

/** The reader of this page. */
export function thisReader(): Reader {
  const language = navigator.language;
  return {
    now: Date.now(),
    locale: language.startsWith("en") ? language : "en-GB",
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

function dayNumber(at: number, { timeZone }: Reader): number {
  const [year, month, day] = new Intl.DateTimeFormat("en-CA", { timeZone })
    .format(at).split("-").map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1) / 86_400_000;
}

/** `today`, `tomorrow`, `on Tuesday` within a week, then `on Tuesday, 1 December`. */
export function sayDay(at: number, reader: Reader): string {
  const days = dayNumber(at, reader) - dayNumber(reader.now, reader);
  if (days === 0) return "today";
  if (days === 1) return "tomorrow";
  if (days === -1) return "yesterday";
  const { locale, timeZone } = reader;
  const within = days > 1 && days < 7;
  const date: Intl.DateTimeFormatOptions = within
    ? { weekday: "long", timeZone }
    : { weekday: "long", day: "numeric", month: "long", timeZone };
  return `on ${new Intl.DateTimeFormat(locale, date).format(at)}`;
}

export function sayTime(at: number, { locale, timeZone }: Reader): string {
  return new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit", timeZone })
    .format(at);
}

/** `Today, 16:00–17:00`. An end on another day is left out: the start is what matters. */
export function saySpan(start: number, end: number | null, reader: Reader): string {
  const day = sayDay(start, reader).replace(/^on /, "");
  const capital = day.charAt(0).toLocaleUpperCase() + day.slice(1);
  const sameDay = end !== null && dayNumber(start, reader) === dayNumber(end, reader);
  const times = sameDay
    ? `${sayTime(start, reader)}–${sayTime(end, reader)}`
    : sayTime(start, reader);
  return `${capital}, ${times}`;
}

/** The zone by the name of its city: `Europe/Berlin` is `Berlin time`. */
export function sayZone({ timeZone }: Reader): string {
  const city = timeZone.split("/").at(-1)?.replaceAll("_", " ") ?? timeZone;
  return city === "UTC" ? "UTC" : `${city} time`;
}
