/**
 * Text that comes from outside. Every schema of what somebody may send is made of it, never of a bare
 * `z.string()` (tests/integration/text_test.ts walks them all).
 *
 * Invariant: what was taken is read back as it was. U+0000 is refused because databases end text there, so that two
 * ids would become one; half of a surrogate pair because it isn't Unicode, and every encoding makes something else of it.
 */
import { z } from "zod";

/** What {@linkcode text} refuses, for strings that have a format of their own: `z.url().refine(...storable)`. */
export const storable = [isStorable, "holds U+0000 or half of a surrogate pair"] as const;

export const text = z.string().refine(...storable);

/** Whether text is read back as it was stored. */
export function isStorable(value: string): boolean {
  return !value.includes("\0") && !/\p{Cs}/u.test(value);
}
