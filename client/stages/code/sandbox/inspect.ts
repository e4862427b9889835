/** Shows a JavaScript value as a person would write it, as consoles do. Bounded in depth, width and length. */

const MAX_DEPTH = 4;
const MAX_ENTRIES = 100;
const LINE_CHARS = 76;

/** One argument of `console.log`: strings stand for themselves. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : inspect(value);
}

export function inspect(value: unknown, depth = 0, seen: readonly unknown[] = []): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return value.toString();
    case "function":
      return /^class\b/.test(Function.prototype.toString.call(value))
        ? `[class ${value.name || "(anonymous)"}]`
        : `[Function ${value.name || "(anonymous)"}]`;
    case "object":
      return value === null ? "null" : inspectObject(value, depth, seen);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function inspectObject(value: object, depth: number, seen: readonly unknown[]): string {
  if (seen.includes(value)) return "[Circular]";
  if (value instanceof Error) return value.stack ?? String(value);
  if (value instanceof Date) return isNaN(+value) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return "Promise {}";
  const name = value.constructor?.name ?? "";
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? "[…]" : `[${name || "Object"}]`;
  const inner = (item: unknown) => inspect(item, depth + 1, [...seen, value]);
  if (Array.isArray(value)) return bracket("", "[", items(value, inner), "]", depth);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const numbers = [...value as unknown as Iterable<number>];
    return bracket(`${name}(${numbers.length}) `, "[", items(numbers, inner), "]", depth);
  }
  if (value instanceof Set) {
    return bracket(`Set(${value.size}) `, "{", items([...value], inner), "}", depth);
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${inner(key)} => ${inner(item)}`);
    return bracket(`Map(${value.size}) `, "{", entries.slice(0, MAX_ENTRIES), "}", depth);
  }
  const entries = Reflect.ownKeys(value).slice(0, MAX_ENTRIES).flatMap((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (!property?.enumerable) return [];
    const label = typeof key === "symbol"
      ? `[${key.toString()}]`
      : /^[\w$]+$/.test(key)
      ? key
      : JSON.stringify(key);
    return [`${label}: ${property.get ? "[Getter]" : inner(property.value)}`];
  });
  return bracket(name === "Object" || name === "" ? "" : `${name} `, "{", entries, "}", depth);
}

function items(values: readonly unknown[], inner: (item: unknown) => string): string[] {
  const parts = Array.from(values.slice(0, MAX_ENTRIES), inner);
  if (values.length > MAX_ENTRIES) parts.push(`… ${values.length - MAX_ENTRIES} more`);
  return parts;
}

function bracket(prefix: string, open: string, parts: string[], close: string, depth: number) {
  if (parts.length === 0) return `${prefix}${open}${close}`;
  const pad = open === "{" ? " " : "";
  const line = `${prefix}${open}${pad}${parts.join(", ")}${pad}${close}`;
  if (line.length <= LINE_CHARS && !line.includes("\n")) return line;
  const indent = "  ".repeat(depth + 1);
  return `${prefix}${open}\n${indent}${parts.join(`,\n${indent}`)}\n${"  ".repeat(depth)}${close}`;
}
