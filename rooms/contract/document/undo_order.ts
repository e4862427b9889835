/**
 * Keeps undo in order where Yjs 13 loses it: an insert whose right neighbour doesn't stand to its right.
 *
 * When an undo brings back a text together with the type that held it, Yjs looks for the new neighbours of each piece by
 * following what had been brought back before. A piece that was deleted and brought back in between stands at another
 * place than its first self, so the search to the right may end at the left neighbour, or in front of it. Where other
 * replicas put such an insert depends on what each has merged: documents would part, so the guard refuses it.
 *
 * Invariant: only inserts that are being made here are changed, before anybody saw them.
 */
import * as Y from "yjs";

const integrate = Y.Item.prototype.integrate;

/** Mends inserts from now on, for every document of this page. Doing it again changes nothing. */
export function keepUndoInOrder(): void {
  Y.Item.prototype.integrate = integrateInOrder;
}

function integrateInOrder(this: Y.Item, transaction: Y.Transaction, offset: number): void {
  const { left, right } = this;
  if (transaction.local && left !== null && right !== null && !follows(right, left)) {
    this.right = left.right;
    this.rightOrigin = left.right === null ? null : left.right.id;
  }
  integrate.call(this, transaction, offset);
}

/** Mostly the next, so the walk is short. */
function follows(right: Y.Item, left: Y.Item): boolean {
  for (let item = left.right; item !== null; item = item.right) if (item === right) return true;
  return false;
}
