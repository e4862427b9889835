/** Files as one zip. */
import { strToU8, zipSync } from "fflate";

/** `files`: text by name. Names that aren't plain paths lose what would lead elsewhere. */
export function zipFiles(files: Readonly<Record<string, string>>): Blob {
  const entries = Object.entries(files).map(([name, text]) =>
    [safePath(name), strToU8(text)] as const
  );
  return new Blob([new Uint8Array(zipSync(Object.fromEntries(entries)))], {
    type: "application/zip",
  });
}

function safePath(name: string): string {
  return name.split(/[\\/]+/).filter((part) => part !== "" && part !== "." && part !== "..")
    .join("/") || "unnamed";
}
