/**
 * What one board may hold. The person who goes over a bound is told and the board stays as it was; what others
 * wrote over a bound is skipped and reported.
 */
export const MAX_RECORDS = 20_000;
export const MAX_STROKE_POINTS = 20_000;
/** JSON written in one update; well below what the guard and a frame take. */
export const MAX_BATCH_BYTES = 512 * 1024;

export type RefusalReason = "too-many-records" | "stroke-too-long" | "record-too-large" | "invalid";

/** A change or a record that the board does not take. */
export interface BoardRefusal {
  reason: RefusalReason;
  /** The record that it is about. */
  id: string;
  /** Whether it came from this page or from the document. */
  from: "local" | "document";
  /** For the log: what exactly is wrong. */
  detail: string;
}

const WORDS: Readonly<Record<RefusalReason, string>> = {
  "too-many-records": "This board is full. Delete something or go on in the next lesson's board.",
  "stroke-too-long": "That stroke is too long to keep. Lift the pen once in a while.",
  "record-too-large": "That is too large for the board. Put in a part of it, or an image.",
  "invalid": "The board can't hold that.",
};

/** What the person is told. */
export function refusalWords(reason: RefusalReason): string {
  return WORDS[reason];
}
