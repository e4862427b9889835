/**
 * Counts how far Yjs walks to place items: it notes each item that it passes in two sets.
 *
 * Whatever else `apply` puts into sets counts too, so the answer is never below the truth.
 */
export function countWalk(apply: () => void): number {
  const { add } = Set.prototype;
  let adds = 0;
  Set.prototype.add = function (this: Set<unknown>, value: unknown) {
    adds++;
    return add.call(this, value);
  };
  try {
    apply();
  } finally {
    Set.prototype.add = add;
  }
  return adds / 2;
}
