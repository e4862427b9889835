/**
 * The messages of a part of the client, in the language that the page is in.
 *
 * What says one reads signals: a component renders again when the language changes. Invariant: when the page is in a
 * language, every part that is open has its messages; a text is never half in one and half in another.
 */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type CatalogueFile, compileCatalogue } from "../../rooms/contract/words/compile.ts";
import { type Locale, SOURCE_LOCALE } from "../../rooms/contract/words/locales.ts";
import {
  type Catalogue,
  type PlainKey,
  type RichValuesOf,
  sayMessage,
  sayRichMessage,
  type Values,
  type ValuesOf,
} from "../../rooms/contract/words/messages.ts";
import { regionalTag } from "../../rooms/contract/words/regional_tag.ts";

type Loaders = Partial<Record<Locale, () => Promise<{ default: unknown }>>>;

/** A part of the client whose messages may have to be loaded. */
interface Part {
  readonly isOpen: boolean;
  has(locale: Locale): boolean;
  load(locale: Locale): Promise<void>;
}

const current = signal<Locale>(SOURCE_LOCALE);
const areas = new Set<Part>();
let wanted: Locale = SOURCE_LOCALE;

/** The language that the page is in. */
export function locale(): Locale {
  return current.value;
}

/** The same with the reader's region, for `Intl`: who reads English in Canada reads Canadian dates. */
export function intlLocale(): string {
  return regionalTag(current.value, globalThis.navigator?.languages ?? []);
}

/** Puts the page into a language, once every part that is open has its messages. The last call wins. */
export async function changeLocale(next: Locale): Promise<void> {
  wanted = next;
  // Another part may be opened meanwhile.
  for (let missing = without(next); missing.length > 0; missing = without(next)) {
    await Promise.all(missing.map((area) => area.load(next)));
  }
  if (wanted === next) current.value = next;
}

function without(locale: Locale): Part[] {
  return [...areas].filter((area) => area.isOpen && !area.has(locale));
}

export class Words<M> implements Part {
  isOpen = false;
  readonly #catalogues = new Map<Locale, Catalogue>();

  constructor(readonly name: string, private readonly loaders: Loaders) {
    areas.add(this);
  }

  /** Loads its messages. Whoever shows something that says one awaits this before. */
  async open(): Promise<void> {
    this.isOpen = true;
    while (!this.has(current.peek())) await this.load(current.peek());
  }

  has(locale: Locale): boolean {
    return this.#catalogues.has(locale);
  }

  async load(locale: Locale): Promise<void> {
    const load = this.loaders[locale];
    if (load === undefined) throw new Error(`${this.name} has no messages in ${locale}`);
    const { default: file } = await load();
    this.#catalogues.set(locale, compileCatalogue(file as CatalogueFile));
  }

  /** A message as text. */
  say<K extends PlainKey<M> & string>(key: K, ...values: ValuesOf<M[K]>): string {
    return sayMessage(this.#catalogue(), intlLocale(), key, values[0] as Values | undefined);
  }

  /** A message with tags: a function for each makes a node of what stands inside. */
  rich<K extends keyof M & string>(
    key: K,
    values: RichValuesOf<M[K], ComponentChildren>,
  ): ComponentChildren {
    return sayRichMessage<ComponentChildren>(this.#catalogue(), intlLocale(), key, values);
  }

  #catalogue(): Catalogue {
    const catalogue = this.#catalogues.get(current.value);
    if (catalogue === undefined) throw new Error(`The words of ${this.name} aren't open`);
    return catalogue;
  }
}
