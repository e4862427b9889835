/** Writes the TypeScript of an area: its keys with what each needs, and where its messages are loaded from. */
import type { Locale } from "../../../rooms/contract/words/locales.ts";
import { messageOf } from "../../../rooms/contract/words/compile.ts";
import { type Area, englishOf } from "./catalogues.ts";
import { readParameters } from "./parameters.ts";

const HEAD =
  "// deno-fmt-ignore-file\n// Made of the catalogues by `deno task words`, and by each build.";
const LINE_CHARS = 100;

/** `messages/<area>/messages.ts` */
export function writeArea(area: Area, offered: readonly Locale[]): string {
  const { name } = area;
  const type = `${capital(name)}Messages`;
  const { plain, needing } = keysOf(area);
  const usesTags = needing.some((line) => /: Tag\b/.test(line));
  return [
    HEAD,
    ...(usesTags
      ? ['import type { Tag } from "../../../../rooms/contract/words/messages.ts";']
      : []),
    'import { Words } from "../../words.ts";',
    "",
    `export type ${type} =`,
    `  & Record<${plain.length === 0 ? "never" : ""}`,
    ...wrapped(plain),
    "    , null>",
    ...(needing.length === 0 ? [] : ["  & {", ...needing.map((line) => `    ${line}`), "  }"]),
    "  ;",
    "",
    `export const ${name} = new Words<${type}>(${JSON.stringify(name)}, {`,
    ...offered.map((locale) =>
      `  ${JSON.stringify(locale)}: () => import("./${locale}.json", { with: { type: "json" } }),`
    ),
    "});",
    "",
  ].join("\n");
}

/** `offered.ts` */
export function writeOffered(offered: readonly Locale[]): string {
  return [
    HEAD,
    'import type { Locale } from "../../rooms/contract/words/locales.ts";',
    "",
    "/** Languages in which no message is missing. */",
    "export const OFFERED: readonly Locale[] = [",
    ...offered.map((locale) => `  ${JSON.stringify(locale)},`),
    "];",
    "",
  ].join("\n");
}

export function keysOf(area: Area): { plain: string[]; needing: string[] } {
  const plain: string[] = [];
  const needing: string[] = [];
  for (const [key, entry] of Object.entries(englishOf(area))) {
    const parameters = [...readParameters(messageOf(entry))];
    const name = JSON.stringify(key);
    if (parameters.length === 0) plain.push(name);
    else {
      const fields = parameters.map(([field, type]) => `${JSON.stringify(field)}: ${type}`);
      needing.push(`${name}: { ${fields.join("; ")} };`);
    }
  }
  return { plain, needing };
}

function wrapped(names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length + 3 <= LINE_CHARS) {
      lines[lines.length - 1] = `${last} | ${name}`;
    } else lines.push(`    | ${name}`);
  }
  return lines;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
