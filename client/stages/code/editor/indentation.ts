/**
 * Puts a file's indentation in order, without touching what stands on the lines.
 *
 * Where brackets make blocks, a line is indented by the brackets open before it; elsewhere the author's indentation
 * means something, and only tabs and spaces at the ends go. Brackets in strings and comments don't count.
 */

/** What a grammar says of one line: where a token begins, and its type. */
export interface LineToken {
  offset: number;
  type: string;
}

const BRACKETED = new Set(["javascript", "typescript", "c", "cpp", "java", "css"]);

export function indent(
  text: string,
  language: string,
  tokens: readonly (readonly LineToken[])[],
): string {
  const lines = text.split("\n");
  const unit = /\n\t/.test(`\n${text}`) && !/\n {2}/.test(text) ? "\t" : unitOf(lines);
  if (!BRACKETED.has(language)) {
    const spaces = unit === "\t" ? "    " : unit;
    return lines.map((line) =>
      line.trimEnd().replace(/^[ \t]+/, (start) => start.replaceAll("\t", spaces))
    ).join("\n");
  }
  /** The row on which each open bracket stands: two on one row make one step. */
  const open: number[] = [];
  return lines.map((line, row) => {
    const marks = brackets(line, tokens[row] ?? []);
    const first = tokens[row]?.[0]?.type ?? "";
    const body = line.trim();
    const leading = /^[)\]}]/.test(body) ? closesFirst(marks) : 0;
    const steps = new Set(open.slice(0, Math.max(0, open.length - leading))).size;
    for (const mark of marks) {
      if (mark > 0) open.push(row);
      else open.pop();
    }
    // The inside of a block comment or of a template string stays as it was written.
    if (/comment|string/.test(first) && !/^(\/\/|\/\*|["'`])/.test(body)) return line.trimEnd();
    return body === "" ? "" : unit.repeat(steps) + body;
  }).join("\n");
}

/** How many brackets close before one opens. */
function closesFirst(marks: readonly number[]): number {
  const opens = marks.indexOf(1);
  return opens < 0 ? marks.length : opens;
}

function brackets(line: string, tokens: readonly LineToken[]): number[] {
  const marks: number[] = [];
  for (let at = 0; at < line.length; at++) {
    const mark = "([{".includes(line[at]!) ? 1 : ")]}".includes(line[at]!) ? -1 : 0;
    if (mark === 0) continue;
    const type = tokens.findLast(({ offset }) => offset <= at)?.type ?? "";
    if (!/comment|string|regexp/.test(type)) marks.push(mark);
  }
  return marks;
}

/** Four where most of the indentation is in fours, else two. */
function unitOf(lines: readonly string[]): string {
  const steps = lines.map((line) => /^ +(?=\S)/.exec(line)?.[0].length ?? 0)
    .filter((step) => step >= 2);
  return steps.filter((step) => step % 4 === 0).length * 2 > steps.length ? "    " : "  ";
}
