/** How bodies are compressed on their way out: what the caller takes, and at what price (RFC 9110 §12.5.3). */
import type { Buffer } from "node:buffer";
import { brotliCompress, constants, gzip } from "node:zlib";

export type Encoding = "br" | "gzip" | "identity";

/** Above this brotli's thorough levels take seconds. */
const THOROUGH_BYTES = 1024 * 1024;
/** gzip's level for what is sent once: level 6 takes half as long again and saves 1% of a log. */
const QUICK_LEVEL = 3;

/** The best encoding that the caller takes. */
export function chooseEncoding(headers: Headers): Encoding {
  if (accepts(headers, "br")) return "br";
  return accepts(headers, "gzip") ? "gzip" : "identity";
}

export function accepts(headers: Headers, encoding: "br" | "gzip"): boolean {
  return (headers.get("accept-encoding") ?? "").split(",")
    .map((part) => part.trim().split(";"))
    .some(([name, quality]) => name === encoding && !/^\s*q=0(\.0*)?$/.test(quality ?? ""));
}

/** For bytes that are kept and sent often: as small as is sensible. */
export function compress(
  bytes: Uint8Array,
  encoding: "br" | "gzip",
): Promise<Uint8Array<ArrayBuffer>> {
  const quality = bytes.byteLength > THOROUGH_BYTES ? 5 : 9;
  return new Promise((resolve, reject) => {
    if (encoding === "gzip") gzip(bytes, settle(resolve, reject));
    else {
      brotliCompress(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: quality,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
        },
      }, settle(resolve, reject));
    }
  });
}

/** For bytes that are sent once: soon. The work is done by another thread. */
export function compressOnce(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) =>
    gzip(bytes, { level: QUICK_LEVEL }, settle(resolve, reject))
  );
}

function settle(
  resolve: (bytes: Uint8Array<ArrayBuffer>) => void,
  reject: (error: Error) => void,
): (error: Error | null, result: Buffer) => void {
  return (error, result) => error === null ? resolve(new Uint8Array(result)) : reject(error);
}
