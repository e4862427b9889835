/** The messages of mails, in every language that is offered; each is compiled when it is first spoken. */
import { type CatalogueFile, compileCatalogue } from "../../rooms/contract/words/compile.ts";
import { type Locale, SOURCE_LOCALE } from "../../rooms/contract/words/locales.ts";
import {
  type Catalogue,
  type PlainKey,
  sayMessage,
  type Values,
  type ValuesOf,
} from "../../rooms/contract/words/messages.ts";
import { regionalTag } from "../../rooms/contract/words/regional_tag.ts";

/** Says messages in one language. */
export interface Speaker<M> {
  locale: Locale;
  /** For `Intl`. */
  intlLocale: string;
  say<K extends PlainKey<M> & string>(key: K, ...values: ValuesOf<M[K]>): string;
}

export class Catalogues<M> {
  readonly #compiled = new Map<Locale, Catalogue>();

  constructor(private readonly files: Partial<Record<Locale, CatalogueFile>>) {}

  /** In the reader's language, or in English where that isn't offered. */
  in(wanted: Locale | null): Speaker<M> {
    const locale = wanted !== null && wanted in this.files ? wanted : SOURCE_LOCALE;
    const catalogue = this.#catalogue(locale);
    const intlLocale = regionalTag(locale, []);
    return {
      locale,
      intlLocale,
      say: (key, ...[values]) =>
        sayMessage(catalogue, intlLocale, key, values as Values | undefined),
    };
  }

  #catalogue(locale: Locale): Catalogue {
    const compiled = this.#compiled.get(locale) ?? compileCatalogue(this.files[locale] ?? {});
    this.#compiled.set(locale, compiled);
    return compiled;
  }
}
