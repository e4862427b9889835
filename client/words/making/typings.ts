/** Writes the TypeScript of an area: its keys with what each needs, and where its messages are loaded from. */
import type { Locale } from "../../../rooms/contract/words/locales.ts";
import { messageOf } from "../../../rooms/contract/words/compile.ts";
import { type Area, englishOf } from "./catalogues.ts";
import { readParameters } from "./parameters.build.ts";

const HEAD =
  "// deno-fmt-ignore-file\n// Made of the catalogues by `deno task words`, and by each build.";
const LINE_CHARS = 100;

/** Who says the messages: a page loads its language, the server speaks all of them. */
export type Speaker = "page" | "server";

/** `<area>/messages.ts` */
export function writeArea(area: Area, offered: readonly Locale[], speaker: Speaker): string {
  const { plain, needing } = keysOf(area);
  const usesTags = needing.some((line) => /: Tag\b/.test(line));
  const type = `${area.name.charAt(0).toUpperCase()}${area.name.slice(1)}Messages`;
  const { imports, value } = SPEAKERS[speaker](area.name, type, offered);
  return [
    HEAD,
    ...(usesTags
      ? ['import type { Tag } from "../../../../rooms/contract/words/messages.ts";']
      : []),
    ...imports,
    "",
    `export type ${type} =`,
    `  & Record<${plain.length === 0 ? "never" : ""}`,
    ...wrapped(plain),
    "    , null>",
    ...(needing.length === 0 ? [] : ["  & {", ...needing.map((line) => `    ${line}`), "  }"]),
    "  ;",
    "",
    ...value,
    "",
  ].join("\n");
}

type Write = (
  name: string,
  type: string,
  offered: readonly Locale[],
) => { imports: string[]; value: string[] };

const SPEAKERS: Readonly<Record<Speaker, Write>> = {
  page: (name, type, offered) => ({
    imports: ['import { Words } from "../../words.ts";'],
    value: [
      `export const ${name} = new Words<${type}>(${JSON.stringify(name)}, {`,
      ...offered.map((locale) =>
        `  ${JSON.stringify(locale)}: () => import("./${locale}.json", { with: { type: "json" } }),`
      ),
      "});",
    ],
  }),
  server: (name, type, offered) => ({
    imports: [
      'import { Catalogues } from "../../catalogues.ts";',
      ...offered.map((locale) =>
        `import ${identifier(locale)} from "./${locale}.json" with { type: "json" };`
      ),
    ],
    value: [
      `export const ${name} = new Catalogues<${type}>({`,
      ...offered.map((locale) => `  ${JSON.stringify(locale)}: ${identifier(locale)},`),
      "});",
    ],
  }),
};

function identifier(locale: Locale): string {
  return locale.replace("-", "");
}

/** `rooms/contract/words/offered.ts` */
export function writeOffered(offered: readonly Locale[]): string {
  return [
    HEAD,
    'import type { Locale } from "./locales.ts";',
    "",
    "/** Languages in which no message is missing, of pages and mails. */",
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
