/**
 * Serves the built client from its folder.
 *
 * Files under `/assets/` carry a hash of their content in their names and never change. Text and WebAssembly are
 * compressed when they are first asked for, and kept in memory; what the build has compressed already (`name.br` beside
 * `name`), as it does with the languages, is read from there.
 *
 * Invariants: a path is made of plain names only, and a file lies in the folder by its real name too, so that nothing outside
 * can be named; headers are chosen by the file that is served, never by how its address is spelled.
 */
import { chooseEncoding, compress, type Encoding } from "../content_encoding.ts";

interface Stored {
  /** Size and time of the file that this was made of. */
  version: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  data: "application/octet-stream",
  gif: "image/gif",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  map: "application/json",
  mjs: "text/javascript; charset=utf-8",
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  pch: "application/octet-stream",
  png: "image/png",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  ttf: "font/ttf",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
  webp: "image/webp",
  whl: "application/zip",
  woff: "font/woff",
  woff2: "font/woff2",
  zip: "application/zip",
};
const COMPRESSIBLE = new Set([
  "css",
  "data",
  "html",
  "js",
  "json",
  "map",
  "mjs",
  "pch",
  "svg",
  "tar",
  "ttf",
  "txt",
  "wasm",
  "webmanifest",
]);
const LEAST_COMPRESSED_BYTES = 1024;

export class StaticFiles {
  private readonly stored = new Map<string, Promise<Stored>>();

  constructor(private readonly directory: string) {}

  /**
   * Answers null when there is no such file. `path` begins with a slash; `headersOf` is asked with the file's name inside
   * the folder, without a slash before it.
   */
  async serve(
    path: string,
    request: Request,
    headersOf: (name: string) => Record<string, string>,
  ): Promise<Response | null> {
    const asked = safePath(path);
    const name = asked === null ? null : await this.realName(asked);
    if (name === null) return null;
    const file = `${this.directory}/${name}`;
    const info = await statFile(file);
    if (info === null) return null;

    const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
    const version = `${info.size}-${info.mtime?.getTime() ?? 0}`;
    const compressible = COMPRESSIBLE.has(extension) && info.size >= LEAST_COMPRESSED_BYTES;
    const encoding = compressible ? chooseEncoding(request.headers) : "identity";
    const answer = new Headers({
      "content-type": TYPES[extension] ?? "application/octet-stream",
      "cache-control": name.startsWith("assets/")
        ? "public, max-age=31536000, immutable"
        : "no-cache",
      "etag": `"${version}-${encoding}"`,
      ...headersOf(name),
    });
    if (compressible) answer.set("vary", "accept-encoding");
    if (matches(request.headers.get("if-none-match"), `"${version}-${encoding}"`)) {
      return new Response(null, { status: 304, headers: answer });
    }
    const bytes = await this.read(file, version, encoding);
    if (encoding !== "identity") answer.set("content-encoding", encoding);
    answer.set("content-length", String(bytes.byteLength));
    return new Response(request.method === "HEAD" ? null : bytes, { headers: answer });
  }

  /** The name as the disk has it, which may differ in case or by a link; null for what isn't inside the folder. */
  private async realName(name: string): Promise<string | null> {
    try {
      const [folder, file] = await Promise.all([
        Deno.realPath(this.directory),
        Deno.realPath(`${this.directory}/${name}`),
      ]);
      const inside = file.slice(0, folder.length) === folder &&
        /[/\\]/.test(file[folder.length] ?? "");
      return inside ? file.slice(folder.length + 1).replaceAll("\\", "/") : null;
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  }

  private async read(
    file: string,
    version: string,
    encoding: Encoding,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (encoding === "identity") return await Deno.readFile(file);
    const key = `${encoding} ${file}`;
    const kept = await this.stored.get(key);
    if (kept?.version === version) return kept.bytes;
    const built = encoding === "br" ? await readIfThere(`${file}.br`) : null;
    if (built !== null) return built;
    const made = Deno.readFile(file)
      .then((bytes) => compress(bytes, encoding))
      .then((bytes): Stored => ({ version, bytes }));
    this.stored.set(key, made);
    made.catch(() => this.stored.delete(key));
    return (await made).bytes;
  }
}

function safePath(path: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  const names = decoded.split("/").slice(1);
  const plain = names.every((name) => /^[\w@+~-][\w@+~. -]*$/.test(name));
  return plain && names.length > 0 ? names.join("/") : null;
}

async function readIfThere(file: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function statFile(file: string): Promise<Deno.FileInfo | null> {
  try {
    const info = await Deno.stat(file);
    return info.isFile ? info : null;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

function matches(header: string | null, etag: string): boolean {
  return header !== null &&
    header.split(",").some((part) => part.trim().replace(/^W\//, "") === etag);
}
