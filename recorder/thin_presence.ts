/**
 * Thins awareness states to what a replay needs: the latest of each client, five times a second at most.
 *
 * Time is an argument. Invariant: the last state of a client is never dropped, only late.
 */
import type { MonotonicMs } from "../rooms/clocks.ts";
import {
  type PresenceEntry,
  readFrame,
  readPresence,
  writePresence,
} from "../rooms/contract/protocol/frames.ts";

const EVERY_MS = 200;
/** Clients whose times are remembered; a meeting has fewer. */
const MAX_CLIENTS = 4096;

export class ThinPresence {
  readonly #toldAt = new Map<number, MonotonicMs>();
  readonly #waiting = new Map<number, PresenceEntry>();

  /** Takes an awareness frame of the room's protocol. */
  receive(frame: Uint8Array, now: MonotonicMs): void {
    for (const message of readFrame(frame) ?? []) {
      if (message.type !== "presence") continue;
      for (const entry of readPresence(message.payload) ?? []) {
        this.#waiting.set(entry.clientId, entry);
        if (!this.#toldAt.has(entry.clientId)) this.#toldAt.set(entry.clientId, now - EVERY_MS);
      }
    }
    if (this.#toldAt.size > MAX_CLIENTS) this.#toldAt.clear();
  }

  /** An awareness update of what is due, or null. */
  take(now: MonotonicMs): Uint8Array | null {
    const due: PresenceEntry[] = [];
    for (const [clientId, entry] of this.#waiting) {
      if (now - (this.#toldAt.get(clientId) ?? -Infinity) < EVERY_MS) continue;
      due.push(entry);
      this.#waiting.delete(clientId);
      this.#toldAt.set(clientId, now);
    }
    return due.length === 0 ? null : writePresence(due);
  }
}
