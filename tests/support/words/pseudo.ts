/**
 * A language for tests alone: English with accents, 40% longer, between ⟦ and ⟧.
 *
 * A page gets it in place of the English catalogues, so that text without accents is text that came from elsewhere, and
 * text that is cut is text that a longer language would lose.
 */
import type { BrowserContext } from "playwright-core";
import { compileCatalogue } from "../../../rooms/contract/words/compile.ts";
import type { Catalogue, CompiledMessage } from "../../../rooms/contract/words/messages.ts";

const MESSAGES = new URL("../../../client/words/messages/", import.meta.url);
const CHUNK = /\/assets\/words-([a-z]+)-en-[\w-]+\.js$/;

const PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ACCENTED = "àƀćđéƒǧħíĵķľɱńóþɋŕšťúṽŵẋýžÀƁĆĐÉƑǦĦÍĴĶĽḾŃÓÞɊŔŠŤÚṼŴẊÝŽ";
const LONGER = 0.4;
const LONG_WORD = /.{12}/g;

/** The kinds of icu-minify's nodes whose third part is a message for each case. */
const SELECT = 1;
const SELECT_ORDINAL = 3;

type Node = Exclude<CompiledMessage, string>[number];

export function accent(text: string): string {
  return [...text].map((char) => [...ACCENTED][PLAIN.indexOf(char)] ?? char).join("");
}

export const ACCENTS = [...ACCENTED];

/** A compiled message in the pseudo-locale. */
export function pseudo(message: CompiledMessage): CompiledMessage {
  const nodes = typeof message === "string" ? [message] : message;
  const padding = "·".repeat(Math.ceil(letters(nodes) * LONGER)).replace(LONG_WORD, "$& ").trim();
  return ["⟦", ...nodes.map(accented), ` ${padding}⟧`];
}

function letters(nodes: readonly unknown[]): number {
  return nodes.reduce<number>(
    (sum, node) => sum + (typeof node === "string" ? node.length : Array.isArray(node) ? 8 : 0),
    0,
  );
}

function accented(node: Node): Node {
  if (typeof node === "string") return accent(node);
  if (typeof node === "number" || node.length === 1) return node;
  const [name, kind, ...rest] = node as [string, unknown, ...unknown[]];
  if (typeof kind !== "number" || kind === 0) {
    return [name, ...[kind, ...rest].map((child) => accented(child as Node))] as Node;
  }
  if (kind < SELECT || kind > SELECT_ORDINAL) return node;
  const cases = Object.entries(rest[0] as Record<string, Node>).map(([option, branch]) => [
    option,
    Array.isArray(branch)
      ? (branch as unknown as Node[]).map((child) => accented(child))
      : accented(branch),
  ]);
  return [name, kind, Object.fromEntries(cases)] as Node;
}

export async function pseudoCatalogue(area: string): Promise<Catalogue> {
  const file = JSON.parse(await Deno.readTextFile(new URL(`${area}/en.json`, MESSAGES)));
  return Object.fromEntries(
    Object.entries(compileCatalogue(file)).map(([key, message]) => [key, pseudo(message)]),
  );
}

/** Every page of the context gets the pseudo-locale for English. */
export async function speakPseudo(context: BrowserContext): Promise<void> {
  await context.route(CHUNK, async (route) => {
    const [, area = ""] = CHUNK.exec(new URL(route.request().url()).pathname) ?? [];
    await route.fulfill({
      contentType: "text/javascript",
      body: `export default ${JSON.stringify(await pseudoCatalogue(area))};`,
    });
  });
}
