/**
 * The code of earlier lessons with the same people, as the server answers it (PROTOCOL.md, *Beside the socket*).
 *
 * What comes was written by people in other lessons: what doesn't have a file's shape is left out.
 */
import type { TestCase } from "../../../../rooms/contract/document/schema.ts";
import { askEarlierJson, type EarlierAsker } from "../../../connection/earlier_lessons.ts";

export interface EarlierFile {
  name: string;
  text: string;
  tests: readonly TestCase[];
}

/** A lesson's files at its end, oldest first. Rejects with words for the person. */
export async function earlierFiles(asker: EarlierAsker, earlierId: string): Promise<EarlierFile[]> {
  const { files } = await askEarlierJson(asker, `/${encodeURIComponent(earlierId)}/files`);
  if (!Array.isArray(files)) return [];
  return files.flatMap(({ name, text, tests }: Record<string, unknown>) =>
    typeof name === "string" && typeof text === "string"
      ? [{ name, text, tests: Array.isArray(tests) ? tests as TestCase[] : [] }]
      : []
  );
}
