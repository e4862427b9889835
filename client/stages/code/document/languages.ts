/** The languages of the editor: which files are theirs, how Monaco calls them, and what runs them. */
import type { RunnerName } from "../sandbox/messages.ts";

export interface Language {
  /** As kept in the document, and as Monaco names its grammar. */
  id: string;
  label: string;
  extensions: readonly string[];
  /** What Run does; null for what is only read. */
  runner: RunnerName | "preview" | null;
}

export const LANGUAGES: readonly Language[] = [
  { id: "python", label: "Python", extensions: ["py"], runner: "python" },
  { id: "javascript", label: "JavaScript", extensions: ["js", "mjs", "jsx"], runner: "javascript" },
  { id: "typescript", label: "TypeScript", extensions: ["ts", "tsx"], runner: "javascript" },
  { id: "html", label: "HTML", extensions: ["html", "htm"], runner: "preview" },
  { id: "css", label: "CSS", extensions: ["css"], runner: null },
  { id: "sql", label: "SQL", extensions: ["sql"], runner: "sql" },
  { id: "c", label: "C", extensions: ["c", "h"], runner: "c" },
  { id: "cpp", label: "C++", extensions: ["cpp", "cc", "cxx", "hpp"], runner: "c" },
  { id: "java", label: "Java", extensions: ["java"], runner: null },
  { id: "ruby", label: "Ruby", extensions: ["rb"], runner: "ruby" },
  { id: "lua", label: "Lua", extensions: ["lua"], runner: "lua" },
  { id: "markdown", label: "Markdown", extensions: ["md"], runner: null },
];

export const PLAIN: Language = {
  id: "plaintext",
  label: "Plain text",
  extensions: ["txt", "csv", "json"],
  runner: null,
};

/** The language that a file's name says. */
export function languageOf(name: string): Language {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return LANGUAGES.find(({ extensions }) => extensions.includes(extension)) ?? PLAIN;
}

/** What runs a file, or null: a header is C, and runs nowhere. */
export function runnerOf(name: string): Language["runner"] {
  return /\.(h|hpp)$/i.test(name) ? null : languageOf(name).runner;
}
