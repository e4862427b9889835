/**
 * Which Yjs client ids a participant may write under.
 *
 * Invariant: an id is bound to one participant for ever, and never to anybody when the server wrote under it.
 */
import type { Replica } from "./document/replica.ts";
import { RoomError } from "./errors.ts";
import type { ClientIdStore } from "./ports.ts";

export class ClientIds {
  readonly #ids = new Map<string, Set<number>>();

  constructor(
    private readonly meetingId: string,
    private readonly store: ClientIdStore,
    private readonly limit: number,
  ) {}

  async load(): Promise<void> {
    for (const [clientId, participantId] of await this.store.load(this.meetingId)) {
      this.of(participantId).add(clientId);
    }
  }

  /** The ids of a participant, who need not be here yet; the set grows with later bindings. */
  of(participantId: string): Set<number> {
    let ids = this.#ids.get(participantId);
    if (ids === undefined) this.#ids.set(participantId, ids = new Set());
    return ids;
  }

  /** @throws RoomError `conflict` for an id that is another's, `too-large` for too many. */
  async bind(
    participantId: string,
    clientIds: readonly number[],
    replica: Replica,
  ): Promise<void> {
    const own = this.of(participantId);
    const wanted = new Set(clientIds.filter((id) => !own.has(id)));
    if (own.size + wanted.size > this.limit) {
      throw new RoomError("too-large", "Too many client ids; start with a fresh document");
    }
    for (const clientId of wanted) {
      const free = !replica.knowsClient(clientId) &&
        await this.store.bind(this.meetingId, clientId, participantId);
      if (!free) throw new RoomError("conflict", `Client id ${clientId} belongs to somebody else`);
      own.add(clientId);
    }
  }
}
