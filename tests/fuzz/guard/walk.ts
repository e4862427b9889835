/**
 * Counts how far Yjs walks to place items: it notes each item that it passes in two sets.
 *
 * Only sets of items are counted, and nothing else that Yjs notes in sets is one.
 */
import * as Y from "yjs";

export function countWalk(apply: () => void): number {
  const { add } = Set.prototype;
  let adds = 0;
  Set.prototype.add = function (this: Set<unknown>, value: unknown) {
    if (value instanceof Y.Item) adds++;
    return add.call(this, value);
  };
  try {
    apply();
  } finally {
    Set.prototype.add = add;
  }
  return adds / 2;
}
