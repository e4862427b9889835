/**
 * Where a film's bytes go: straight into a file that the person chose, or into the browser's blobs and from there to
 * the downloads.
 */
import { saveFile } from "../../../design/save_file.ts";
import { GrowingBlob, type Write } from "./growing_blob.ts";

export interface FilmTarget {
  readonly stream: WritableStream<Write>;
  /** After the stream was closed: hands the film over. */
  finish(): void;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/** The part of the File System Access API that is used; Chromium's browsers have it. */
interface FileAccess {
  showSaveFilePicker?(options: {
    suggestedName: string;
    types: { description: string; accept: Record<string, string[]> }[];
  }): Promise<{
    createWritable(): Promise<{
      write(chunk: { type: "write" } & Write): Promise<void>;
      close(): Promise<void>;
      abort(): Promise<void>;
    }>;
    getFile(): Promise<{ size: number }>;
    /** Not everywhere. */
    remove?(): Promise<void>;
  }>;
}

/** To be called while a press of the person lasts. Null when they change their mind. */
export async function filmTarget(
  stem: string,
  container: "mp4" | "webm",
): Promise<FilmTarget | null> {
  const name = `${stem}.${container}`;
  const type = `video/${container}`;
  const access = globalThis as FileAccess;
  if (access.showSaveFilePicker === undefined) return blobTarget(name, type);
  try {
    const types = [{ description: "Film", accept: { [type]: [`.${container}`] } }];
    const handle = await access.showSaveFilePicker({ suggestedName: name, types });
    const file = await handle.createWritable();
    const discard = async () => {
      await file.abort();
      // The dialog has made an empty file already.
      if ((await handle.getFile()).size === 0) await handle.remove?.();
    };
    return {
      stream: new WritableStream({
        write: (chunk) => file.write({ type: "write", ...chunk }),
        close: () => file.close(),
      }),
      finish: () => {},
      discard: () => discard().catch(() => undefined),
    };
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    // A page that may not write files can still make a download.
    return blobTarget(name, type);
  }
}

function blobTarget(name: string, type: string): FilmTarget {
  const file = new GrowingBlob();
  return {
    stream: new WritableStream({ write: (chunk) => file.write(chunk) }),
    finish: () => saveFile(file.blob(type), name),
    discard: () => Promise.resolve(file.clear()),
  };
}
