/** Begins a page in its reader's language, and changes that when they, or their booking, ask for another. */
import { effect } from "@preact/signals";
import { directionOf, type Locale, SOURCE_LOCALE } from "../../rooms/contract/words/locales.ts";
import { OFFERED } from "../../rooms/contract/words/offered.ts";
import { localeFor, type Wishes } from "./choice.ts";
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
    await openIn(localeFor(wishes(null), OFFERED), areas);
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

function wishes(booked: string | null): Wishes {
  return { chosen: readChoice(), booked, languages: navigator.languages };
}

/** Even to name the storage throws where it is forbidden. */
function readChoice(): string | null {
  try {
    return localStorage.getItem(CHOICE_KEY);
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
  // Whose messages don't come now goes on in the language that is there.
  await changeLocale(localeFor(wishes(booked), OFFERED)).catch(() => undefined);
}
