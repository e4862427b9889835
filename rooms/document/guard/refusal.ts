/**
 * Why the guard refuses an update, and how large an update may be.
 *
 * Inside the guard a refusal travels as a thrown {@linkcode Refusal}; `judgeUpdate` turns it into a verdict.
 */

export type RefusalKind =
  /** Bytes that are no Yjs v1 update, or that no honest encoder writes. */
  | "malformed"
  /** It builds on something that neither the document nor the update holds. */
  | "missing-dependency"
  /** New structs under a client id that isn't the sender's. */
  | "foreign-client"
  /** It touches a root that the sender may not write. */
  | "forbidden"
  /** Content that has no place in a meeting document. */
  | "content"
  /** Over a bound. */
  | "too-large";

export interface GuardBounds {
  maxUpdateBytes: number;
  maxStructs: number;
  maxDeleteRanges: number;
  /** What applying may cost, in steps of a walk over neighbours (some 125 ns each). */
  maxWork: number;
}

/**
 * Wide enough for a page that comes back after a lesson offline. Delete ranges are counted apart because
 * each resync carries all of the document's.
 */
export const DEFAULT_BOUNDS: GuardBounds = {
  maxUpdateBytes: 4 * 1024 * 1024,
  maxStructs: 100_000,
  maxDeleteRanges: 200_000,
  maxWork: 4_000_000,
};

/** UTF-16 units in the key of a map entry. Keys are ids and property names. */
export const MAX_KEY_LENGTH = 256;

/** How deep a plain value may nest; tldraw's rich text stays below 20. The codec's recursion ends here. */
export const MAX_VALUE_DEPTH = 64;

/** Plain values in one update: an empty object is 2 bytes on the wire and 50 in memory. */
export const MAX_VALUES = 500_000;

/** Structs of one client are numbered from 0; a lesson reaches some 10^6. Above this, numbers are burnt. */
export const MAX_CLOCK = 2 ** 31 - 1;

/** A refusal on its way out of the guard. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(readonly kind: RefusalKind, message: string) {
    super(message);
  }
}

export function refuse(kind: RefusalKind, reason: string): never {
  throw new Refusal(kind, reason);
}
