/**
 * Compiles a catalogue as it lies in its file.
 *
 * The server and tests do so when they read one. The client's build has compiled every catalogue before, and puts
 * a function that changes nothing in this module's place (`client/words/messages.build.ts`).
 */
import compile from "icu-minify/compile";
import type { Catalogue } from "./messages.ts";

/** English messages carry a description for translators. */
export interface DescribedMessage {
  message: string;
  description: string;
}

export type CatalogueFile = Readonly<Record<string, string | DescribedMessage>>;

export function compileCatalogue(file: CatalogueFile): Catalogue {
  return Object.fromEntries(
    Object.entries(file).map(([key, entry]) => [key, compile(messageOf(entry))]),
  );
}

export function messageOf(entry: string | DescribedMessage): string {
  return typeof entry === "string" ? entry : entry.message;
}
