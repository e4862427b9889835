/**
 * Writes a check into every loop, function and class field of a script, so that a page that never ends can be ended.
 *
 * Firefox runs a sandboxed frame on the thread of the page around it: an endless loop in there stops that page too, its Stop
 * button included. The check stands on the line of what it guards, so line numbers stay.
 * Invariant: what can't be parsed, and what could put another meaning to the check's name, is refused.
 */
import { type AnyNode, type BlockStatement, type Node, parse, type Program } from "acorn";

export interface GuardOptions {
  /** What is called; no script may know a thing of this name. */
  name: string;
  /** The body of an async function: it may await and return at its top. */
  isBody?: boolean;
}

interface Insertion {
  at: number;
  text: string;
  /** Whether it ends something: inner ends come before outer ones. */
  ends?: true;
}

/** The script with its checks; throws a SyntaxError where it isn't one. */
export function guarded(source: string, { name, isBody = false }: GuardOptions): string {
  const program = parse(source, {
    ecmaVersion: "latest",
    sourceType: "script",
    allowAwaitOutsideFunction: isBody,
    allowReturnOutsideFunction: isBody,
    allowHashBang: false,
  });
  const insertions: Insertion[] = [opening(program, name)];
  const open: AnyNode[] = [program];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    refuse(node, name);
    insertions.push(...checksOf(node, name));
    open.push(...childrenOf(node));
  }
  // Parents come before their children: beginnings stay in this order, ends turn it round.
  const ends = insertions.filter(({ ends }) => ends).reverse();
  const beginnings = insertions.filter(({ ends }) => !ends);
  let text = "";
  let from = 0;
  for (const { at, text: inserted } of [...ends, ...beginnings].sort((a, b) => a.at - b.at)) {
    text += source.slice(from, at) + inserted;
    from = at;
  }
  return text + source.slice(from);
}

function refuse(node: AnyNode, name: string): void {
  if (node.type === "Identifier" && node.name === name) {
    throw new SyntaxError("The preview keeps this name for itself");
  }
  if (node.type === "WithStatement") throw new SyntaxError("with doesn’t work in the preview");
}

function checksOf(node: AnyNode, name: string): Insertion[] {
  switch (node.type) {
    case "WhileStatement":
    case "DoWhileStatement":
      return around(node.test, `(${name}(),`);
    case "ForStatement": {
      if (node.test) return around(node.test, `(${name}(),`);
      return wrapped(node.body, `${name}();`);
    }
    case "ForInStatement":
    case "ForOfStatement":
      return wrapped(node.body, `${name}();`);
    case "FunctionDeclaration":
    case "FunctionExpression":
      return [opening(node.body, name)];
    case "ArrowFunctionExpression":
      return node.body.type === "BlockStatement"
        ? [opening(node.body, name)]
        : around(node.body, `(${name}(),`);
    case "PropertyDefinition":
      // A function or a class gets its name from the field, and has checks of its own.
      return node.value && !/Function|Class/.test(node.value.type)
        ? around(node.value, `(${name}(),`)
        : [];
    default:
      return [];
  }
}

const around = ({ start, end }: Node, text: string): Insertion[] => [
  { at: start, text },
  { at: end, text: ")", ends: true },
];

function wrapped(body: AnyNode, check: string): Insertion[] {
  if (body.type === "BlockStatement") return [{ at: body.start + 1, text: check }];
  return [{ at: body.start, text: `{${check}` }, { at: body.end, text: "}", ends: true }];
}

/** At the start of a body, behind its directives: before them, `"use strict"` would be a mere text. */
function opening(body: Program | BlockStatement, name: string): Insertion {
  const directives = body.body.filter((statement) =>
    statement.type === "ExpressionStatement" && statement.directive !== undefined
  );
  const last = directives.at(-1);
  if (last !== undefined) return { at: last.end, text: `;${name}();` };
  return { at: body.type === "Program" ? 0 : body.start + 1, text: `${name}();` };
}

function* childrenOf(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string" && typeof child.start === "number") yield child;
    }
  }
}
