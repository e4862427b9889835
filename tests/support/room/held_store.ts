/** A store of meetings whose answers a test can hold back, as a slow database does. */
import type { MeetingStore } from "../../../rooms/ports.ts";

export interface Held {
  /** The call has come, and its answer waits. */
  came: Promise<void>;
  release(): void;
}

export class HeldStore {
  readonly #holds = new Map<string, { came(): void; released: Promise<void> }[]>();

  /** Holds back the answer to the next call of this method that isn't held back yet. */
  hold(method: keyof MeetingStore): Held {
    const came = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const holds = this.#holds.get(method) ?? [];
    holds.push({ came: came.resolve, released: released.promise });
    this.#holds.set(method, holds);
    return { came: came.promise, release: released.resolve };
  }

  readonly wrap = (store: MeetingStore): MeetingStore =>
    new Proxy(store, {
      get: (target, name, receiver) => {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== "function") return value;
        return async (...values: unknown[]) => {
          const answer: unknown = await value.apply(target, values);
          const hold = this.#holds.get(String(name))?.shift();
          hold?.came();
          await hold?.released;
          return answer;
        };
      },
    });
}
