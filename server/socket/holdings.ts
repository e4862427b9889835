/**
 * Which transports, producers and consumers of a room belong to whom.
 *
 * Invariant: what goes over a transport is forgotten with it.
 */
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import { RoomError } from "../../rooms/contract/errors.ts";

export type Direction = "send" | "recv";

export interface Transport {
  /** A participant. */
  owner: string;
  direction: Direction;
}

export interface Producer {
  owner: string;
  transportId: string;
  source: MediaSource;
}

export interface Consumer {
  owner: string;
  transportId: string;
  producerId: string;
}

export class Holdings {
  readonly #transports = new Map<string, Transport>();
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();

  addTransport(id: string, transport: Transport): void {
    this.#transports.set(id, transport);
  }

  addProducer(id: string, producer: Producer): void {
    this.#producers.set(id, producer);
  }

  addConsumer(id: string, consumer: Consumer): void {
    this.#consumers.set(id, consumer);
  }

  transport(id: string): Transport | undefined {
    return this.#transports.get(id);
  }

  producer(id: string): Producer | undefined {
    return this.#producers.get(id);
  }

  consumer(id: string): Consumer | undefined {
    return this.#consumers.get(id);
  }

  /** Ids. */
  get producers(): string[] {
    return [...this.#producers.keys()];
  }

  transportsOf(owner: string, direction?: Direction): string[] {
    return idsWhere(
      this.#transports,
      (transport) =>
        transport.owner === owner && (direction === undefined || transport.direction === direction),
    );
  }

  producersOn(transportId: string): string[] {
    return idsWhere(this.#producers, (producer) => producer.transportId === transportId);
  }

  consumersOf(owner: string): string[] {
    return idsWhere(this.#consumers, (consumer) => consumer.owner === owner);
  }

  /** @throws RoomError `not-found` unless the transport is this participant's, and goes that way. */
  checkTransport(owner: string, id: string, direction?: Direction): void {
    const transport = this.#transports.get(id);
    const fits = direction === undefined || transport?.direction === direction;
    if (transport?.owner !== owner || !fits) throw notYours("transport");
  }

  /** @throws RoomError `not-found` unless it is this participant's. */
  checkProducer(owner: string, id: string): void {
    if (this.#producers.get(id)?.owner !== owner) throw notYours("producer");
  }

  /** @throws RoomError `not-found` unless it is this participant's. */
  checkConsumer(owner: string, id: string): void {
    if (this.#consumers.get(id)?.owner !== owner) throw notYours("consumer");
  }

  removeTransport(id: string): void {
    this.#transports.delete(id);
    for (const producerId of this.producersOn(id)) this.#producers.delete(producerId);
    for (const [consumerId, { transportId }] of this.#consumers) {
      if (transportId === id) this.#consumers.delete(consumerId);
    }
  }

  /** Answers whether there was one. */
  removeProducer(id: string): boolean {
    return this.#producers.delete(id);
  }

  removeConsumer(id: string): void {
    this.#consumers.delete(id);
  }

  clear(): void {
    this.#transports.clear();
    this.#producers.clear();
    this.#consumers.clear();
  }
}

/** What somebody asked for doesn't exist, or belongs to another: the two look alike to them. */
export function notYours(what: "transport" | "producer" | "consumer"): RoomError {
  return new RoomError("not-found", `No such ${what} of yours`);
}

function idsWhere<T>(held: ReadonlyMap<string, T>, belongs: (value: T) => boolean): string[] {
  return [...held].filter(([, value]) => belongs(value)).map(([id]) => id);
}
