/** A run's displays as the document holds them, checked before anything shows them. */
import type { RunDisplay } from "../../../rooms/document/schema.ts";
import { type RunEntry, runFields } from "../document/runs.ts";
import { readDisplay } from "../sandbox/contract.ts";

export function displayOf(run: RunEntry, index: number): RunDisplay | undefined {
  const value: unknown = runFields(run.map).get("displays")?.get(index);
  return readDisplay(value);
}
