/**
 * Colours for read-only code: comments, strings, numbers and keywords, which is what eyes look for.
 *
 * Pure; no grammar, so it is small enough to be on the page from the start. What can't be told apart stays plain.
 */

export type TokenKind = "plain" | "comment" | "string" | "number" | "keyword";

export interface Token {
  kind: TokenKind;
  text: string;
}

interface Syntax {
  lineComment: string[];
  blockComment: [string, string] | null;
  quotes: string[];
  keywords: ReadonlySet<string>;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const C_COMMENT: [string, string] = ["/*", "*/"];
const SCRIPT: Syntax = {
  lineComment: ["//"],
  blockComment: C_COMMENT,
  quotes: ["`", '"', "'"],
  keywords: words(
    "async await break case catch class const continue default delete do else enum export extends false finally for " +
      "from function if implements import in instanceof interface let new null of private public readonly return " +
      "static super switch this throw true try type typeof undefined var void while yield",
  ),
};
const C: Syntax = {
  lineComment: ["//"],
  blockComment: C_COMMENT,
  quotes: ['"', "'"],
  keywords: words(
    "auto bool break case char class const constexpr continue default delete do double else enum extern false float " +
      "for if include inline int long namespace new nullptr private public return short signed sizeof static struct " +
      "switch template this true typedef union unsigned using virtual void volatile while",
  ),
};

const SYNTAXES: Readonly<Record<string, Syntax>> = {
  javascript: SCRIPT,
  typescript: SCRIPT,
  c: C,
  cpp: C,
  python: {
    lineComment: ["#"],
    blockComment: null,
    quotes: ['"""', "'''", '"', "'"],
    keywords: words(
      "False None True and as assert async await break class continue def del elif else except finally for from " +
        "global if import in is lambda match nonlocal not or pass raise return try while with yield",
    ),
  },
  ruby: {
    lineComment: ["#"],
    blockComment: null,
    quotes: ['"', "'"],
    keywords: words(
      "alias and begin break case class def do else elsif end ensure false for if in module next nil not or redo " +
        "rescue retry return self super then true undef unless until when while yield",
    ),
  },
  lua: {
    lineComment: ["--"],
    blockComment: ["--[[", "]]"],
    quotes: ['"', "'"],
    keywords: words(
      "and break do else elseif end false for function goto if in local nil not or repeat return then true until while",
    ),
  },
  sql: {
    lineComment: ["--"],
    blockComment: C_COMMENT,
    quotes: ["'", '"'],
    keywords: words(
      "and as asc between by case create default delete desc distinct drop else end exists foreign from group having " +
        "in inner insert into is join key left like limit not null on or order outer primary references select set " +
        "table then union unique update values when where with",
    ),
  },
};

const PLAIN: Syntax = { lineComment: [], blockComment: null, quotes: [], keywords: new Set() };
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /\d[\w.]*/y;
const OTHER = /[^\p{L}\p{N}_"'`#/-]+|[^]/uy;

/** The lines of a text, each as tokens. Joined they are the text. */
export function highlight(text: string, language: string): Token[][] {
  const lines: Token[][] = [[]];
  const push = (kind: TokenKind, piece: string) => {
    for (const [index, part] of piece.split("\n").entries()) {
      if (index > 0) lines.push([]);
      if (part !== "") lines.at(-1)!.push({ kind, text: part });
    }
  };
  const syntax = SYNTAXES[language] ?? PLAIN;
  for (let at = 0; at < text.length;) {
    const { kind, end } = tokenAt(text, at, syntax, language === "sql");
    push(kind, text.slice(at, end));
    at = end;
  }
  return lines;
}

function tokenAt(
  text: string,
  at: number,
  syntax: Syntax,
  anyCase: boolean,
): { kind: TokenKind; end: number } {
  const { blockComment, lineComment, quotes, keywords } = syntax;
  if (blockComment !== null && text.startsWith(blockComment[0], at)) {
    const end = text.indexOf(blockComment[1], at + blockComment[0].length);
    return { kind: "comment", end: end < 0 ? text.length : end + blockComment[1].length };
  }
  if (lineComment.some((mark) => text.startsWith(mark, at))) {
    const end = text.indexOf("\n", at);
    return { kind: "comment", end: end < 0 ? text.length : end };
  }
  const quote = quotes.find((mark) => text.startsWith(mark, at));
  if (quote !== undefined) return { kind: "string", end: stringEnd(text, at, quote) };
  const word = matchAt(WORD, text, at);
  if (word !== null) {
    const known = keywords.has(anyCase ? word.toLowerCase() : word);
    return { kind: known ? "keyword" : "plain", end: at + word.length };
  }
  const number = matchAt(NUMBER, text, at);
  if (number !== null) return { kind: "number", end: at + number.length };
  return { kind: "plain", end: at + (matchAt(OTHER, text, at) ?? text[at]!).length };
}

function stringEnd(text: string, at: number, quote: string): number {
  const spans = quote.length > 1 || quote === "`";
  for (let index = at + quote.length; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text.startsWith(quote, index)) return index + quote.length;
    else if (text[index] === "\n" && !spans) return index;
  }
  return text.length;
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
