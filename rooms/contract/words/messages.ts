/**
 * Says a message of a catalogue in a language: what all texts that people read are made by.
 *
 * A catalogue's messages are ICU MessageFormat, compiled by icu-minify to arrays, so that no page carries a parser.
 * Which keys there are, and what each needs, is a type that `deno task words` makes of the English messages.
 */
import format from "icu-minify/format";
import type { CompiledMessage, FormatOptions, FormatValues } from "icu-minify/format";

export type { CompiledMessage };

export type Catalogue = Readonly<Record<string, CompiledMessage>>;

/** Stands for a tag in the types of a message: `<link>the lessons</link>` needs to know what `link` makes of its words. */
export interface Tag {
  readonly isTag: true;
}

/** Of each key what it needs: null, or a value for each name. */
export type MessageTypes = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;

type HasTag<V> = V extends null ? false : Tag extends V[keyof V] ? true : false;

/** Keys of messages without tags, which are plain text. */
export type PlainKey<M> = { [K in keyof M]: HasTag<M[K]> extends true ? never : K }[keyof M];

/** What a call must hand over beside the key. */
export type ValuesOf<V> = V extends null ? [] : [values: V];

/** The same, with a function for each tag. */
export type RichValuesOf<V, Node> = {
  [N in keyof V]: V[N] extends Tag ? (inside: Node) => Node : V[N];
};

export type Values = Readonly<Record<string, unknown>>;

/** A message in one language, as text. `intlLocale` may name a region for numbers: `de-AT`. */
export function sayMessage(
  catalogue: Catalogue,
  intlLocale: string,
  key: string,
  values?: Values,
): string {
  return sayRichMessage(catalogue, intlLocale, key, values) as string;
}

/** A message whose tags become nodes. */
export function sayRichMessage<Node>(
  catalogue: Catalogue,
  intlLocale: string,
  key: string,
  values?: Values,
): string | Node | (string | Node)[] {
  const message = catalogue[key];
  if (message === undefined) throw new Error(`There is no message ${key}`);
  return format<Node>(message, intlLocale, values as FormatValues<Node> | undefined, OPTIONS);
}

/** `new Intl…` costs much more than to format. */
function kept<A extends unknown[], F>(make: (...args: A) => F): (...args: A) => F {
  const made = new Map<string, F>();
  return (...args) => {
    const name = JSON.stringify(args);
    const known = made.get(name) ?? make(...args);
    made.set(name, known);
    return known;
  };
}

export const numberFormat = kept((
  ...args: ConstructorParameters<typeof Intl.NumberFormat>
) => new Intl.NumberFormat(...args));

export const dateTimeFormat = kept((
  ...args: ConstructorParameters<typeof Intl.DateTimeFormat>
) => new Intl.DateTimeFormat(...args));

const OPTIONS: FormatOptions = {
  formatters: {
    getNumberFormat: numberFormat,
    getDateTimeFormat: dateTimeFormat,
    getPluralRules: kept((...args) => new Intl.PluralRules(...args)),
  },
};
