/** Durations and times of day as the room shows them. */
import { dateTimeFormat } from "../../rooms/contract/words/messages.ts";
import { intlLocale } from "./words.ts";

const two = (value: number) => String(value).padStart(2, "0");

/** `4:07`, `1:04:07`. Before the start it is `0:00`. */
export function sayElapsed(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

export function sayClock(at: number): string {
  return dateTimeFormat(intlLocale(), { hour: "numeric", minute: "2-digit" }).format(at);
}

/** `1st`, `2nd`, `3rd`, `4th`. */
export function sayOrdinal(place: number): string {
  const suffixes: Partial<Record<Intl.LDMLPluralRule, string>> = {
    one: "st",
    two: "nd",
    few: "rd",
  };
  const rule = new Intl.PluralRules("en", { type: "ordinal" }).select(place);
  return `${place}${suffixes[rule] ?? "th"}`;
}
