/**
 * The project's own sources as text: which file imports what, and which circles that makes.
 *
 * Imports are read by their form (`import … from`, `export … from`, `import()`), without comments.
 */

export interface Import {
  /** The importing file, from the root. */
  file: string;
  /** A file from the root, or the bare name of a package. */
  target: string;
  typeOnly: boolean;
}

export interface Source {
  /** From the root. */
  file: string;
  /** Without comments. */
  code: string;
  lines: number;
  imports: Import[];
}

export const ROOT = new URL("../../", import.meta.url);
const ELSEWHERE = ["node_modules", "dist", "data", "vectors"];

/** Every TypeScript file of the project, tests included. */
export async function readSources(): Promise<Source[]> {
  const files: string[] = [];
  await walk("", files);
  return await Promise.all(files.sort().map(readSource));
}

/** Tests and what stands beside them for tests may import what they test with. */
export function isProduct({ file }: Source): boolean {
  return !file.startsWith("tests/") && !/_test\.tsx?$|\/testing\/|\.config\.ts$/.test(file);
}

export function isTest({ file }: Source): boolean {
  return /_test\.tsx?$/.test(file);
}

export function readImports(file: string, code: string): Import[] {
  const statement =
    /^(?:import|export)\s+(type\s+)?(?:[\w*{][^;"']*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
  return [...code.matchAll(statement)].map(([, type, named, dynamic]) => {
    const specifier = named ?? dynamic ?? "";
    const target = specifier.startsWith(".")
      ? new URL(specifier, new URL(file, ROOT)).href.slice(ROOT.href.length)
      : specifier;
    return { file, target, typeOnly: type !== undefined };
  });
}

/** Groups of files that import each other (Tarjan's strongly connected components of more than one file). */
export function circles(imports: readonly Import[]): string[][] {
  const targets = Map.groupBy(imports, ({ file }) => file);
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];

  const visit = (file: string): number => {
    const number = order.size;
    order.set(file, number);
    lowest.set(file, number);
    open.push(file);
    for (const { target } of targets.get(file) ?? []) {
      const low = order.has(target)
        ? (open.includes(target) ? order.get(target)! : Infinity)
        : visit(target);
      lowest.set(file, Math.min(lowest.get(file)!, low));
    }
    if (lowest.get(file) === number) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) found.push(circle.sort());
    }
    return lowest.get(file)!;
  };
  for (const file of targets.keys()) {
    if (!order.has(file)) visit(file);
  }
  return found;
}

export function folderOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : ".";
}

async function walk(folder: string, files: string[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder || ".", ROOT))) {
    if (name.startsWith(".") || ELSEWHERE.includes(name)) continue;
    const path = `${folder}${name}`;
    if (isDirectory) await walk(`${path}/`, files);
    else if (/\.tsx?$/.test(name)) files.push(path);
  }
}

async function readSource(file: string): Promise<Source> {
  const text = await Deno.readTextFile(new URL(file, ROOT));
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
  return { file, code, lines: text.split("\n").length - 1, imports: readImports(file, code) };
}
