/** The console of a JavaScript program: prints into the run, with tables shown as tables. */
import type { Display } from "./messages.ts";
import { inspect, shown } from "./inspect.ts";
import type { Io } from "./serve.ts";

type Printed = Pick<Io, "stdout" | "stderr" | "display">;

/** The methods that programs use; each is safe to call detached. */
export function makeConsole(io: Printed): Record<string, (...args: unknown[]) => void> {
  const counts = new Map<string, number>();
  const timers = new Map<string, number>();
  let indent = "";
  const line = (args: readonly unknown[]) => `${format(args)}\n`.replace(/^(?!$)/gm, indent);
  const out = (...args: unknown[]) => io.stdout(line(args));
  const error = (...args: unknown[]) => io.stderr(line(args));
  const took = (label: unknown = "default") =>
    `${label}: ${
      (performance.now() - (timers.get(String(label)) ?? performance.now())).toFixed(2)
    } ms`;
  return {
    log: out,
    info: out,
    debug: out,
    warn: error,
    error,
    trace: error,
    dir: (value) => out(inspect(value)),
    assert: (holds, ...args) => holds || error("Assertion failed", ...args),
    clear: () => {},
    count: (label = "default") => {
      const count = (counts.get(String(label)) ?? 0) + 1;
      counts.set(String(label), count);
      out(`${label}: ${count}`);
    },
    countReset: (label = "default") => counts.delete(String(label)),
    time: (label = "default") => timers.set(String(label), performance.now()),
    timeLog: (label, ...rest) => out(took(label), ...rest),
    timeEnd: (label) => out(took(label)),
    group: (...args) => {
      if (args.length > 0) out(...args);
      indent += "  ";
    },
    groupEnd: () => void (indent = indent.slice(2)),
    table: (data) => {
      const table = tableOf(data);
      if (table === null) out(data);
      else io.display(table);
    },
  };
}

/** `%s`, `%d`, `%i`, `%f`, `%o`, `%O`, `%j` and `%c` in the first argument, then the rest. */
function format(args: readonly unknown[]): string {
  const [first, ...rest] = args;
  if (typeof first !== "string") return args.map(shown).join(" ");
  const text = first.replace(/%([sdifoOjc%])/g, (whole, kind: string) => {
    if (kind === "%") return "%";
    if (rest.length === 0) return whole;
    const value = rest.shift();
    if (kind === "c") return "";
    if (kind === "s") return shown(value);
    if (kind === "d" || kind === "f") return String(Number(value));
    if (kind === "i") return String(Math.trunc(Number(value)));
    return inspect(value);
  });
  return [text, ...rest.map(shown)].join(" ");
}

/** The rows of an array or of an object, by the union of their keys; null for what has no rows. */
function tableOf(data: unknown): Display | null {
  if (typeof data !== "object" || data === null) return null;
  const rows = data instanceof Map ? [...data] : Object.entries(data);
  const keys = new Set<string>();
  let values = false;
  for (const [, row] of rows) {
    if (typeof row === "object" && row !== null) Object.keys(row).forEach((key) => keys.add(key));
    else values = true;
  }
  const names = [...keys];
  return {
    kind: "table",
    columns: ["", ...names, ...(values ? ["value"] : [])],
    rows: rows.map(([index, row]) => {
      const isRow = typeof row === "object" && row !== null;
      const cells = names.map((name) =>
        isRow && name in row ? shown((row as Record<string, unknown>)[name]) : ""
      );
      return [String(index), ...cells, ...(values ? [isRow ? "" : shown(row)] : [])];
    }),
  };
}
