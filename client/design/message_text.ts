/**
 * Reads a chat message into pieces: text, links, `code` and ``` blocks. What isn't a piece stays text.
 *
 * Invariant: a link leads to http or https only, and the pieces hold every character that isn't a mark.
 */

export type Piece =
  | { kind: "text"; text: string }
  | { kind: "link"; text: string; href: string }
  | { kind: "code"; text: string }
  | { kind: "block"; text: string };

const BLOCK = /```(?:[\w+#.-]{0,20}[ \t]*\n)?([\s\S]+?)```/g;
const CODE_OR_LINK = /(?<!`)`([^`\n]+)`(?!`)|\bhttps?:\/\/[^\s<>"`]+/gi;
/** Marks that end a sentence, not an address. */
const TRAILING = /[.,;:!?'")\]}]+$/;

function push(pieces: Piece[], text: string): void {
  if (text !== "") pieces.push({ kind: "text", text });
}

/** A closing bracket belongs to the address when it opens there too, as in an encyclopedia's. */
function trimAddress(found: string): string {
  const trimmed = found.replace(TRAILING, "");
  const closes = trimmed.includes("(") && !trimmed.includes(")") &&
    found.charAt(trimmed.length) === ")";
  return closes ? `${trimmed})` : trimmed;
}

function readLine(text: string, pieces: Piece[]): void {
  let done = 0;
  for (const match of text.matchAll(CODE_OR_LINK)) {
    const [found, code] = match;
    push(pieces, text.slice(done, match.index));
    done = match.index + found.length;
    if (code !== undefined) {
      pieces.push({ kind: "code", text: code });
      continue;
    }
    const address = trimAddress(found);
    if (!URL.canParse(address)) push(pieces, found);
    else {
      pieces.push({ kind: "link", text: address, href: new URL(address).href });
      push(pieces, found.slice(address.length));
    }
  }
  push(pieces, text.slice(done));
}

export function piecesOf(message: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of message.matchAll(BLOCK)) {
    readLine(message.slice(done, match.index).replace(/\n$/, ""), pieces);
    pieces.push({ kind: "block", text: (match[1] ?? "").replace(/\n[ \t]*$/, "") });
    done = match.index + match[0].length;
    if (message.charAt(done) === "\n") done++;
  }
  readLine(message.slice(done), pieces);
  return pieces;
}
