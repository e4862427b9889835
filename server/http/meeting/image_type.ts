/** Which kind of image bytes are, by what they begin with. The name and the declared type of a file prove nothing. */

export const IMAGE_TYPES = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/svg+xml",
] as const;

export type ImageType = (typeof IMAGE_TYPES)[number];

const SVG_HEAD_BYTES = 1024;

/** Undefined for anything that isn't one of {@linkcode IMAGE_TYPES}. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "image/png";
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return "image/jpeg";
  const head = new TextDecoder().decode(bytes.subarray(0, SVG_HEAD_BYTES));
  if (/^GIF8[79]a/.test(head)) return "image/gif";
  if (head.startsWith("RIFF") && isAscii(bytes.subarray(8, 12), "WEBP")) return "image/webp";
  // The element may follow a declaration, a doctype and comments, and nothing else.
  const svg =
    /^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*|<!doctype svg[^>[]*>\s*)*<svg[\s>]/i;
  return svg.test(head) ? "image/svg+xml" : undefined;
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}

function isAscii(bytes: Uint8Array, text: string): boolean {
  return String.fromCharCode(...bytes) === text;
}
