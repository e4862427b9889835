/** What a message needs: read out of its ICU MessageFormat, as the types that its callers are held to. */
import {
  isArgumentElement,
  isNumberElement,
  isPluralElement,
  isSelectElement,
  isTagElement,
  type MessageFormatElement,
  parse,
} from "@formatjs/icu-messageformat-parser";

/** Of each name its TypeScript type. */
export type Parameters = Map<string, string>;

/** Throws a sentence about what is wrong with the message. */
export function readParameters(message: string): Parameters {
  const found: Parameters = new Map();
  for (const element of walk(parse(message))) {
    const type = typeOf(element);
    if (type === null) continue;
    const { value } = element;
    const known = found.get(value);
    // A count that a plural chooses by may be said again: the plural's type is the narrower one.
    if (known === undefined || known === "string") found.set(value, type);
    else if (type !== "string" && type !== known) {
      throw new Error(`{${value}} is used as ${known} and as ${type}`);
    }
  }
  return found;
}

/** Categories of plurals that the message leaves out, of those that the language has. */
export function missingPlurals(message: string, locale: string): string[] {
  const missing = new Set<string>();
  for (const element of walk(parse(message))) {
    if (!isPluralElement(element)) continue;
    const type = element.pluralType ?? "cardinal";
    for (const name of new Intl.PluralRules(locale, { type }).resolvedOptions().pluralCategories) {
      if (!(name in element.options) && !isOfMillions(locale, name)) {
        missing.add(`${element.value}: ${name}`);
      }
    }
  }
  return [...missing];
}

/** French, Spanish and Portuguese have a category for millions, which nothing here counts to. */
function isOfMillions(locale: string, category: string): boolean {
  return category === "many" && ["fr", "es", "pt"].includes(new Intl.Locale(locale).language);
}

type Named = MessageFormatElement & { value: string };

function typeOf(element: MessageFormatElement): string | null {
  if (isArgumentElement(element)) return "string";
  if (isNumberElement(element) || isPluralElement(element)) return "number";
  if (isTagElement(element)) return "Tag";
  if (isSelectElement(element)) {
    return Object.keys(element.options).sort().map((name) => JSON.stringify(name)).join(" | ");
  }
  return null;
}

function* walk(elements: readonly MessageFormatElement[]): Generator<Named> {
  for (const element of elements) {
    if ("style" in element && !isNumberElement(element)) {
      throw new Error(
        `{${element.value}} is a date: hand over what a function of words/ says of it`,
      );
    }
    yield element as Named;
    if (isPluralElement(element) || isSelectElement(element)) {
      for (const { value } of Object.values(element.options)) yield* walk(value);
    } else if (isTagElement(element)) yield* walk(element.children);
  }
}
