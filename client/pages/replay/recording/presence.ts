/**
 * Cursors and selections as they were: awareness updates (y-protocols) placed on the recording's timeline.
 *
 * y-protocols' own Awareness forgets by the wall clock; here a state ends by the lesson's.
 */
import * as decoding from "lib0/decoding";

export interface PresenceState {
  clientId: number;
  state: Record<string, unknown>;
}

/** y-protocols' own limit: a client that says nothing for so long is gone. */
const STALE_MS = 30_000;
const MAX_CLIENTS = 500;

export class Presence {
  readonly #states = new Map<number, { state: Record<string, unknown>; atMs: number }>();

  /** Bytes that can't be read change nothing. */
  apply(update: Uint8Array, atMs: number): void {
    for (const [clientId, state] of readPresenceUpdate(update)) {
      if (state === null) this.#states.delete(clientId);
      else if (this.#states.has(clientId) || this.#states.size < MAX_CLIENTS) {
        this.#states.set(clientId, { state, atMs });
      }
    }
  }

  at(atMs: number): PresenceState[] {
    return [...this.#states]
      .filter(([, held]) => atMs - held.atMs <= STALE_MS)
      .map(([clientId, { state }]) => ({ clientId, state }));
  }

  clear(): void {
    this.#states.clear();
  }
}

/** `count · (client · clock · JSON)*`, as y-protocols writes it. */
export function readPresenceUpdate(
  update: Uint8Array,
): [clientId: number, state: Record<string, unknown> | null][] {
  const read: [number, Record<string, unknown> | null][] = [];
  try {
    const decoder = decoding.createDecoder(update);
    const count = decoding.readVarUint(decoder);
    for (let index = 0; index < count && index < MAX_CLIENTS; index++) {
      const clientId = decoding.readVarUint(decoder);
      decoding.readVarUint(decoder);
      const state: unknown = JSON.parse(decoding.readVarString(decoder));
      if (state === null) read.push([clientId, null]);
      else if (typeof state === "object") read.push([clientId, state as Record<string, unknown>]);
    }
  } catch {
    // Cut off or not JSON: what was read before stands.
  }
  return read;
}
