/**
 * Where the languages' own files are, and how they are fetched with their progress seen.
 *
 * They are copied from their npm packages into `/sandbox/runtimes/<package>-<version>/` when the client is built, so a
 * path never changes its content. `sizes.json` beside them holds the sizes before compression: a compressed answer's
 * Content-Length says nothing about the bytes that a reader gets.
 */

export type RuntimeName = "pyodide" | "sql.js" | "wasmoon" | "clang" | "clang-headers" | "ruby";

interface Manifest {
  /** Runtime → its folder and the size of each of its files in bytes. */
  [name: string]: { folder: string; files: Record<string, number> };
}

// Named apart, so that the bundler leaves the folder where it is.
const own = import.meta.url;
const BASE = new URL("/sandbox/runtimes/", own);
let manifest: Promise<Manifest> | undefined;

function readManifest(): Promise<Manifest> {
  manifest ??= fetch(new URL("sizes.json", BASE)).then((response) => {
    if (!response.ok) throw new Error(`the list of languages: HTTP ${response.status}`);
    return response.json() as Promise<Manifest>;
  });
  return manifest;
}

/** One runtime's folder. */
export class Runtime {
  private constructor(
    readonly folder: URL,
    private readonly files: Record<string, number>,
  ) {}

  static async find(name: RuntimeName): Promise<Runtime> {
    const entry = (await readManifest())[name];
    if (entry === undefined) throw new Error(`This Lectern was built without ${name}.`);
    return new Runtime(new URL(`${entry.folder}/`, BASE), entry.files);
  }

  url(file: string): string {
    return new URL(file, this.folder).href;
  }

  /** Fetches files one after the other; the progress is over all of them. */
  async fetch(
    files: string[],
    progress: (loadedBytes: number, totalBytes: number) => void,
  ): Promise<Uint8Array<ArrayBuffer>[]> {
    const total = files.reduce((sum, file) => sum + (this.files[file] ?? 0), 0);
    let loaded = 0;
    let told = 0;
    const all: Uint8Array<ArrayBuffer>[] = [];
    for (const file of files) {
      const response = await fetch(this.url(file));
      if (!response.ok || response.body === null) {
        throw new Error(`${file} did not arrive (HTTP ${response.status}). Press Run again.`);
      }
      const bytes = new Uint8Array(this.files[file] ?? 0);
      let at = 0;
      for (const reader = response.body.getReader();;) {
        const { done, value } = await reader.read();
        if (done) break;
        bytes.set(value, at);
        at += value.byteLength;
        loaded += value.byteLength;
        if (loaded - told > total / 50) progress(told = loaded, total);
      }
      all.push(bytes);
    }
    progress(total, total);
    return all;
  }
}
