/**
 * Documents and presence whose listeners can't break them.
 *
 * Yjs calls listeners in the middle of a transaction's end: one that throws from `update` leaves the transaction
 * unfinished, and the document neither tells nor applies anything any more (yjs 13.6, `cleanupTransactions`).
 * Invariant: what a listener throws is reported; the transaction, its writer and the other listeners go on.
 */
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";

/** Told what a listener threw. */
export type Report = (error: unknown) => void;

export class ShieldedDoc extends Y.Doc {
  constructor(readonly report: Report = reportError) {
    super();
  }

  /** A transaction tells eight events, of which most have no listener; lib0 makes a list for each all the same. */
  override emit(...[name, event]: Parameters<Y.Doc["emit"]>): void {
    const listeners = this._observers.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        listener(...event);
      } catch (error) {
        this.report(error);
      }
    }
  }
}

export class ShieldedAwareness extends Awareness {
  override emit(name: string, event: unknown[]): void {
    const listeners: Iterable<(...event: unknown[]) => void> = this._observers.get(name) ?? [];
    for (const listener of [...listeners]) {
      try {
        listener(...event);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/** Listens to a type; answers a function that stops listening. */
export function observe<E>(
  type: Y.AbstractType<E>,
  listener: (event: E, transaction: Y.Transaction) => void,
): () => void {
  const shielded = shield(listener);
  type.observe(shielded);
  return () => type.unobserve(shielded);
}

/** Listens to a type and all that is in it; answers a function that stops listening. */
export function observeDeep<E>(
  type: Y.AbstractType<E>,
  // deno-lint-ignore no-explicit-any
  listener: (events: Y.YEvent<any>[], transaction: Y.Transaction) => void,
): () => void {
  const shielded = shield(listener);
  type.observeDeep(shielded);
  return () => type.unobserveDeep(shielded);
}

function shield<E>(
  listener: (event: E, transaction: Y.Transaction) => void,
): (event: E, transaction: Y.Transaction) => void {
  return (event, transaction) => {
    try {
      listener(event, transaction);
    } catch (error) {
      if (transaction.doc instanceof ShieldedDoc) transaction.doc.report(error);
      else reportError(error);
    }
  };
}
