/**
 * Which Yjs client ids a participant may write under.
 *
 * Invariant: an id with anything in the document is bound to one participant for ever, and never to anybody when the
 * server wrote under it.
 * Invariant: nobody is locked out. Over the limit a person's oldest ids are retired, those without anything in the
 * document first: these are free again, the others come back to their owner when they are claimed anew.
 */
import type { Replica } from "./document/replica.ts";
import { RoomError } from "./contract/errors.ts";
import type { ClientIdStore } from "./ports.ts";

export class ClientIds {
  readonly #owners = new Map<number, string>();
  /** What each participant may write under now, oldest first. */
  readonly #ids = new Map<string, Set<number>>();

  constructor(
    private readonly meetingId: string,
    private readonly store: ClientIdStore,
    private readonly limit: number,
  ) {}

  async load(): Promise<void> {
    for (const [clientId, participantId] of await this.store.load(this.meetingId)) {
      this.#owners.set(clientId, participantId);
      const ids = this.of(participantId);
      if (ids.size < this.limit) ids.add(clientId);
    }
  }

  /** The ids of a participant, who need not be here yet; the set follows later bindings. */
  of(participantId: string): Set<number> {
    let ids = this.#ids.get(participantId);
    if (ids === undefined) this.#ids.set(participantId, ids = new Set());
    return ids;
  }

  /**
   * Binds, and retires what is over the limit; `page` is the id of the person's open page, which stays.
   * @throws RoomError `conflict` for an id that is another's.
   */
  async bind(
    participantId: string,
    clientIds: readonly number[],
    { replica, page }: { replica: Replica; page: number | null },
  ): Promise<void> {
    const own = this.of(participantId);
    for (const clientId of clientIds) {
      if (!await this.#acquire(participantId, clientId, replica)) {
        throw new RoomError("conflict", `Client id ${clientId} belongs to somebody else`);
      }
      own.delete(clientId);
      own.add(clientId);
    }
    if (own.size > this.limit) await this.#retire(own, new Set([...clientIds, page]), replica);
  }

  async #acquire(participantId: string, clientId: number, replica: Replica): Promise<boolean> {
    const owner = this.#owners.get(clientId);
    if (owner !== undefined) return owner === participantId;
    if (replica.knowsClient(clientId)) return false;
    if (!await this.store.bind(this.meetingId, clientId, participantId)) return false;
    this.#owners.set(clientId, participantId);
    return true;
  }

  async #retire(
    own: Set<number>,
    inUse: ReadonlySet<number | null>,
    replica: Replica,
  ): Promise<void> {
    const idle = [...own].filter((clientId) => !inUse.has(clientId));
    const unused = idle.filter((clientId) => !replica.knowsClient(clientId));
    const used = idle.filter((clientId) => replica.knowsClient(clientId));
    const retired = [...unused, ...used].slice(0, own.size - this.limit);
    for (const clientId of retired) own.delete(clientId);
    const freed = retired.slice(0, unused.length);
    if (freed.length === 0) return;
    for (const clientId of freed) this.#owners.delete(clientId);
    await this.store.release(this.meetingId, freed);
  }
}
