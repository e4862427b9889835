/** Files and streams of a WASI program: what it prints goes into the run, what it reads comes from who ran it. */
import { Directory, Fd, File, type Inode, PreopenDirectory, wasi } from "@bjorn3/browser_wasi_shim";
import type { Io } from "./serve.ts";

/** Standard output or error: bytes in, text out, also where a character is cut between two writes. */
export class TextStream extends Fd {
  readonly #decoder = new TextDecoder();

  constructor(private readonly put: (text: string) => void) {
    super();
  }

  override fd_write(data: Uint8Array): { ret: number; nwritten: number } {
    this.put(this.#decoder.decode(data.slice(), { stream: true }));
    return { ret: wasi.ERRNO_SUCCESS, nwritten: data.byteLength };
  }

  override fd_fdstat_get(): { ret: number; fdstat: wasi.Fdstat } {
    return { ret: 0, fdstat: new wasi.Fdstat(wasi.FILETYPE_CHARACTER_DEVICE, 0) };
  }
}

/** Standard input, line by line, for programs that may be suspended while somebody types. */
export class LineStream extends Fd {
  #rest = new Uint8Array(0);
  #ended = false;

  constructor(private readonly io: Io) {
    super();
  }

  /** Waits until there is something to read, or the input has ended. */
  async fill(): Promise<void> {
    if (this.#rest.byteLength > 0 || this.#ended) return;
    this.#take(await this.io.readLine());
  }

  /** Without waiting: whether there is something. */
  fillTyped(): boolean {
    if (this.#rest.byteLength > 0 || this.#ended) return true;
    const line = this.io.typedLine();
    if (line === undefined) return false;
    this.#take(line);
    return true;
  }

  #take(line: string | null): void {
    if (line === null) this.#ended = true;
    else this.#rest = new TextEncoder().encode(`${line}\n`);
  }

  override fd_read(size: number): { ret: number; data: Uint8Array } {
    const data = this.#rest.slice(0, size);
    this.#rest = this.#rest.slice(data.byteLength);
    return { ret: wasi.ERRNO_SUCCESS, data };
  }

  override fd_fdstat_get(): { ret: number; fdstat: wasi.Fdstat } {
    return { ret: 0, fdstat: new wasi.Fdstat(wasi.FILETYPE_CHARACTER_DEVICE, 0) };
  }
}

/** The lesson's files as a folder that the program finds under `name`. */
export function lessonFolder(name: string, files: Record<string, string>): PreopenDirectory {
  const root = new Map<string, Inode>();
  for (const [path, text] of Object.entries(files)) {
    const parts = path.split("/").filter((part) => part !== "");
    const last = parts.pop();
    if (last === undefined) continue;
    let folder = root;
    for (const part of parts) {
      const known = folder.get(part);
      const next = known instanceof Directory ? known : new Directory(new Map());
      folder.set(part, next);
      folder = next.contents;
    }
    folder.set(last, new File(new TextEncoder().encode(text)));
  }
  return new PreopenDirectory(name, root);
}
