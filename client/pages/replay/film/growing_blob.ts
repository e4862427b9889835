/**
 * A file that grows in the browser's own storage of blobs, for browsers that let no page write a file.
 *
 * Writes may also go over what is there, as a container's header does at the end.
 */
export interface Write {
  data: Uint8Array<ArrayBuffer>;
  position: number;
}

interface Piece {
  from: number;
  blob: Blob;
}

export class GrowingBlob {
  #pieces: Piece[] = [];

  write({ data, position }: Write): void {
    const end = position + data.length;
    const kept = this.#pieces.flatMap(({ from, blob }) => {
      if (from + blob.size <= position || from >= end) return [{ from, blob }];
      const parts: Piece[] = [];
      if (from < position) parts.push({ from, blob: blob.slice(0, position - from) });
      if (from + blob.size > end) parts.push({ from: end, blob: blob.slice(end - from) });
      return parts;
    });
    this.#pieces = [...kept, { from: position, blob: new Blob([data]) }]
      .sort((one, other) => one.from - other.from);
  }

  /** What was written; zeros where nothing was. */
  blob(type: string): Blob {
    const parts: BlobPart[] = [];
    let at = 0;
    for (const { from, blob } of this.#pieces) {
      if (from > at) parts.push(new Uint8Array(from - at));
      parts.push(blob);
      at = from + blob.size;
    }
    return new Blob(parts, { type });
  }

  clear(): void {
    this.#pieces = [];
  }
}
