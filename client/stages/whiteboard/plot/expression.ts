/**
 * Reads an expression of x, as people write it (`2x^2 - 3sin(x)`, `y = |x|/2`), into a function. Nothing is evaluated
 * as a program: the grammar here is all there is.
 *
 *     sum     = product {("+" | "-") product}
 *     product = unary {("*" | "/" | nothing) unary}
 *     unary   = ["-" | "+"] power
 *     power   = atom ["^" unary]                      right-associative, binds tighter than a sign before it
 *     atom    = number | "x" | "pi" | "e" | name atom | "(" sum ")" | "|" sum "|"
 */

export const MAX_EXPRESSION_CHARS = 200;
const MAX_DEPTH = 60;

export type Curve = (x: number) => number;

export type Parsed = { ok: true; curve: Curve } | { ok: false; message: string };

const FUNCTIONS: Readonly<Record<string, (value: number) => number>> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  exp: Math.exp,
  ln: Math.log,
  log: Math.log10,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
  sign: Math.sign,
};

const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, π: Math.PI, e: Math.E };

/** Longest first, so that `asin` isn't read as `a`, and `exp` not as `e`. */
const NAMES = [...Object.keys(FUNCTIONS), ...Object.keys(CONSTANTS), "x"]
  .sort((a, b) => b.length - a.length);

/** The function that the text stands for, or what is wrong with it, in words for the person who wrote it. */
export function parseExpression(text: string): Parsed {
  if (text.length > MAX_EXPRESSION_CHARS) return { ok: false, message: "That is too long." };
  try {
    return { ok: true, curve: new Parser(tokens(text)).whole() };
  } catch (error) {
    if (error instanceof ExpressionError) return { ok: false, message: error.message };
    throw error;
  }
}

class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

type Token = { kind: "number"; value: number } | { kind: "name" | "sign"; text: string };

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let rest = text.toLowerCase().replace(/^\s*(?:y|f\(x\))\s*=/, "").replaceAll("·", "*")
    .replaceAll("×", "*").replaceAll("−", "-").replaceAll("**", "^");
  while ((rest = rest.trimStart()) !== "") {
    const number = /^(?:\d+[.,]?\d*|[.,]\d+)/.exec(rest)?.[0];
    const name = NAMES.find((candidate) => rest.startsWith(candidate));
    if (number !== undefined) {
      found.push({ kind: "number", value: Number(number.replace(",", ".")) });
      rest = rest.slice(number.length);
    } else if (name !== undefined) {
      found.push({ kind: "name", text: name });
      rest = rest.slice(name.length);
    } else {
      const sign = rest[0] ?? "";
      if (!"+-*/^()|".includes(sign)) throw new ExpressionError(`I can't read “${sign}”.`);
      found.push({ kind: "sign", text: sign });
      rest = rest.slice(1);
    }
  }
  return found;
}

class Parser {
  #at = 0;
  #depth = 0;
  /** How many `|` are open: inside, a `|` closes. */
  #bars = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Curve {
    if (this.tokens.length === 0) throw new ExpressionError("Write an expression of x.");
    const curve = this.#sum();
    const left = this.tokens[this.#at];
    if (left !== undefined) throw new ExpressionError(`“${spell(left)}” is one too many.`);
    return curve;
  }

  #sum(): Curve {
    if (++this.#depth > MAX_DEPTH) throw new ExpressionError("That is nested too deep.");
    let left = this.#product();
    for (;;) {
      if (this.#take("+")) left = both(left, this.#product(), (a, b) => a + b);
      else if (this.#take("-")) left = both(left, this.#product(), (a, b) => a - b);
      else break;
    }
    this.#depth--;
    return left;
  }

  #product(): Curve {
    let left = this.#unary();
    for (;;) {
      if (this.#take("*")) left = both(left, this.#unary(), (a, b) => a * b);
      else if (this.#take("/")) left = both(left, this.#unary(), (a, b) => a / b);
      else if (this.#startsAtom()) left = both(left, this.#power(), (a, b) => a * b);
      else return left;
    }
  }

  #unary(): Curve {
    if (++this.#depth > MAX_DEPTH) throw new ExpressionError("That is nested too deep.");
    try {
      if (this.#take("+")) return this.#unary();
      if (!this.#take("-")) return this.#power();
      const operand = this.#unary();
      return (x) => -operand(x);
    } finally {
      this.#depth--;
    }
  }

  #power(): Curve {
    const base = this.#atom();
    return this.#take("^") ? both(base, this.#unary(), (a, b) => a ** b) : base;
  }

  #atom(): Curve {
    const token = this.tokens[this.#at++];
    if (token === undefined) throw new ExpressionError("Something is missing at the end.");
    if (token.kind === "number") {
      const { value } = token;
      return () => value;
    }
    if (token.text === "x") return (x) => x;
    if (token.text === "(") return this.#enclosed(")");
    if (token.text === "|") {
      this.#bars++;
      const inner = this.#enclosed("|");
      this.#bars--;
      return (x) => Math.abs(inner(x));
    }
    const constant = token.kind === "name" ? CONSTANTS[token.text] : undefined;
    if (constant !== undefined) return () => constant;
    const apply = token.kind === "name" ? FUNCTIONS[token.text] : undefined;
    if (apply === undefined) throw new ExpressionError(`“${spell(token)}” can't stand here.`);
    if (++this.#depth > MAX_DEPTH) throw new ExpressionError("That is nested too deep.");
    // sin^2(x) is (sin(x))^2, as it is written on paper.
    const exponent = this.#take("^") ? this.#atom() : undefined;
    const argument = this.#argument();
    this.#depth--;
    return exponent === undefined
      ? (x) => apply(argument(x))
      : (x) => apply(argument(x)) ** exponent(x);
  }

  /** `sin(x)+1` takes the parentheses only; `sin 2x` takes the product. */
  #argument(): Curve {
    if (this.#peek("(")) return this.#atom();
    let left = this.#power();
    while (this.#startsAtom() && !this.#startsFunction()) {
      left = both(left, this.#power(), (a, b) => a * b);
    }
    return left;
  }

  #enclosed(by: string): Curve {
    const bars = this.#bars;
    if (by === ")") this.#bars = 0;
    const inner = this.#sum();
    this.#bars = bars;
    if (!this.#take(by)) throw new ExpressionError(`A “${by}” is missing.`);
    return inner;
  }

  #startsAtom(): boolean {
    const token = this.tokens[this.#at];
    if (token === undefined) return false;
    if (token.kind !== "sign") return true;
    return token.text === "(" || token.text === "|" && this.#bars === 0;
  }

  #startsFunction(): boolean {
    const token = this.tokens[this.#at];
    return token?.kind === "name" && token.text in FUNCTIONS;
  }

  #peek(sign: string): boolean {
    const token = this.tokens[this.#at];
    return token?.kind === "sign" && token.text === sign;
  }

  #take(sign: string): boolean {
    if (!this.#peek(sign)) return false;
    this.#at++;
    return true;
  }
}

function both(left: Curve, right: Curve, join: (a: number, b: number) => number): Curve {
  return (x) => join(left(x), right(x));
}

function spell(token: Token): string {
  return token.kind === "number" ? String(token.value) : token.text;
}
