/**
 * When each piece of the document came to be: Yjs counts what each client inserts, so that the time of an insertion
 * is the time at which the client's count had come so far.
 */
import * as Y from "yjs";
import type { ItemId } from "./index_protocol.ts";

interface Grown {
  /** The client's count after this update. */
  end: number;
  atMs: number;
}

export class Moments {
  readonly #clients = new Map<number, Grown[]>();

  /** Updates are added in the order of their times; what a snapshot repeats is passed over. */
  add(update: Uint8Array, atMs: number): void {
    for (const struct of Y.decodeUpdate(update).structs) {
      const { client, clock } = struct.id;
      const end = clock + struct.length;
      let grown = this.#clients.get(client);
      if (grown === undefined) this.#clients.set(client, grown = []);
      if (end > (grown.at(-1)?.end ?? 0)) grown.push({ end, atMs });
    }
  }

  /** When the last of these came; null when none is known. */
  latest(items: readonly ItemId[]): number | null {
    let latest: number | null = null;
    for (const { client, clock } of items) {
      const atMs = this.#of(client, clock);
      if (atMs !== null && (latest === null || atMs > latest)) latest = atMs;
    }
    return latest;
  }

  #of(client: number, clock: number): number | null {
    const grown = this.#clients.get(client) ?? [];
    let [low, high] = [0, grown.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (grown[middle]!.end > clock) high = middle;
      else low = middle + 1;
    }
    return grown[low]?.atMs ?? null;
  }
}

/** Which pieces of the document stand between two places of a text. */
export function itemsOfText(text: Y.Text, from: number, to: number): ItemId[] {
  const items: ItemId[] = [];
  let at = 0;
  for (let item = text._start; item !== null && at < to; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const begin = Math.max(from, at);
    const end = Math.min(to, at + item.length);
    for (let index = begin; index < end; index++) {
      items.push({ client: item.id.client, clock: item.id.clock + index - at });
    }
    at += item.length;
  }
  return items;
}

/** The piece of the document that an entry of a map is. */
export function itemOfEntry(map: Y.Map<unknown>, key: string): ItemId[] {
  const item = map._map.get(key);
  return item === undefined ? [] : [{ client: item.id.client, clock: item.id.clock }];
}
