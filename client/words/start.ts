/** Begins a page in the reader's language: chosen before → the booking's → the browser's → English. */
import { effect } from "@preact/signals";
import {
  directionOf,
  isLocale,
  type Locale,
  matchLocale,
  SOURCE_LOCALE,
} from "../../rooms/contract/words/locales.ts";
import { OFFERED } from "../../rooms/contract/words/offered.ts";
import { changeLocale, locale } from "./words.ts";

const CHOICE_KEY = "lectern.locale";

/** All that a page can say when not even its words came. */
// deno-lint-ignore words/from-catalogue
const NOT_LOADED = "This page did not load. Check the network, then load it again.";

interface Openable {
  open(): Promise<void>;
}

/** Renders when the words are there, so that no text comes late and moves others. */
export async function startPage(
  areas: readonly Openable[],
  render: (page: HTMLElement) => void,
): Promise<void> {
  const page = document.getElementById("app");
  if (page === null) return;
  try {
    await openIn(firstLocale(), areas);
  } catch {
    page.textContent = NOT_LOADED;
    return;
  }
  effect(() => {
    document.documentElement.lang = locale();
    document.documentElement.dir = directionOf(locale());
  });
  render(page);
}

async function openIn(first: Locale, areas: readonly Openable[]) {
  await changeLocale(first);
  try {
    await Promise.all(areas.map((area) => area.open()));
  } catch (error) {
    if (first === SOURCE_LOCALE) throw error;
    await openIn(SOURCE_LOCALE, areas);
  }
}

function firstLocale(): Locale {
  return chosenLocale() ?? matchLocale(navigator.languages, OFFERED) ?? SOURCE_LOCALE;
}

/** What this browser's reader chose, if it is offered still. */
export function chosenLocale(): Locale | null {
  try {
    const chosen = localStorage.getItem(CHOICE_KEY);
    return isLocale(chosen) && OFFERED.includes(chosen) ? chosen : null;
  } catch {
    return null;
  }
}

/** The reader's own choice, which later visits remember. */
export async function chooseLocale(next: Locale): Promise<void> {
  await changeLocale(next);
  try {
    localStorage.setItem(CHOICE_KEY, next);
  } catch {
    // Storage is off in this browser: the language is chosen again next time.
  }
}

/** What was booked for this reader, unless they chose another language themselves. */
export async function followBooking(booked: string | null): Promise<void> {
  if (booked === null || chosenLocale() !== null) return;
  const next = matchLocale([booked], OFFERED);
  // Whose messages don't come now goes on in the language that is there.
  if (next !== null) await changeLocale(next).catch(() => undefined);
}
