/**
 * Receives over one route what the meeting document lists, and nothing else.
 *
 * Each listed producer has one consumer. One that fails is tried again; when it keeps failing, the route is lost.
 * Invariant: a consumer is resumed only once the browser has its track.
 */
import type { Consumer, ConsumerOptions } from "mediasoup-client/types";
import type { Participant } from "../connection/live_room.ts";
import { MEDIA_SOURCES, type MediaSource } from "../../rooms/contract/document/schema.ts";
import { RoomError } from "../../rooms/contract/errors.ts";
import type { FrameCryptor } from "./interface.ts";
import { receivable } from "./redundancy.ts";
import type { MediaRoute } from "./route.ts";

const MAX_TRIES = 4;
const RETRY_MS = 500;
/** Sizes change with every frame of a resize: only the last of a burst matters. */
const SIZE_DELAY_MS = 200;

export interface FrameSize {
  width: number;
  height: number;
}

/** One producer of somebody else's, and how far we are with it. */
export interface ReceivedSource {
  readonly participantId: string;
  readonly source: MediaSource;
  readonly producerId: string;
  consumer: Consumer | null;
  /** Whether this page's connection has room for it. */
  readonly starved: boolean;
}

interface OpenReceivedSource extends ReceivedSource {
  starved: boolean;
  tries: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** What the server was last told to send; null is whatever it likes. */
  size: FrameSize | null;
  /** The server may have been told to send nothing. */
  paused: boolean;
}

export class Receiver {
  /** By producer id. */
  readonly #receptions = new Map<string, OpenReceivedSource>();
  #closed = false;

  constructor(
    private readonly route: MediaRoute,
    private readonly cryptor: FrameCryptor | undefined,
    private readonly sizeOf: (participantId: string, source: MediaSource) => FrameSize | null,
    private readonly changed: () => void,
  ) {}

  get empty(): boolean {
    return this.#receptions.size === 0;
  }

  receptions(): Iterable<ReceivedSource> {
    return this.#receptions.values();
  }

  /** Opens what is new in the list and closes what is gone from it. */
  follow(participants: readonly Participant[]): void {
    const listed = new Set<string>();
    for (const participant of participants) {
      if (participant.me) continue;
      for (const source of MEDIA_SOURCES) {
        const { producerId } = participant[source];
        if (producerId === null) continue;
        listed.add(producerId);
        if (!this.#receptions.has(producerId)) this.#add(participant.id, source, producerId);
      }
    }
    for (const reception of [...this.#receptions.values()]) {
      if (!listed.has(reception.producerId)) this.#drop(reception);
    }
  }

  /** The server closed a consumer: what is still listed is received anew. */
  consumerClosed(consumerId: string): void {
    for (const reception of this.#receptions.values()) {
      if (reception.consumer?.id !== consumerId) continue;
      reception.consumer.close();
      reception.consumer = null;
      reception.starved = false;
      this.changed();
      this.#tryLater(reception);
    }
  }

  /** The connection has no room for a video, or has it again. */
  consumerStarved(consumerId: string, starved: boolean): void {
    for (const reception of this.#receptions.values()) {
      if (reception.consumer?.id !== consumerId || reception.starved === starved) continue;
      reception.starved = starved;
      this.changed();
    }
  }

  /** Asks for every video anew. False when the server has forgotten one of the consumers. */
  async refresh(): Promise<boolean> {
    const open = [...this.#receptions.values()].flatMap(({ consumer, size }) =>
      consumer === null || isHidden(size) ? [] : [consumer.id]
    );
    const results = await Promise.allSettled(
      open.map((consumerId) =>
        this.route.connection.request("media.resumeConsumer", { consumerId })
      ),
    );
    return results.every((result) => result.status === "fulfilled" || isLinkLoss(result.reason));
  }

  /** A video is shown at another size. */
  resized(participantId: string, source: MediaSource): void {
    for (const reception of this.#receptions.values()) {
      if (reception.participantId !== participantId || reception.source !== source) continue;
      this.#sendSizeSoon(reception);
    }
  }

  /** Videos may be seen again, or no longer. */
  resizedAll(): void {
    for (const reception of this.#receptions.values()) this.#sendSizeSoon(reception);
  }

  #sendSizeSoon(reception: OpenReceivedSource): void {
    if (reception.consumer === null) return;
    clearTimeout(reception.timer);
    reception.timer = setTimeout(() => void this.#sendSize(reception), SIZE_DELAY_MS);
  }

  close(): void {
    this.#closed = true;
    for (const reception of this.#receptions.values()) clearTimeout(reception.timer);
    this.#receptions.clear();
    this.changed();
  }

  #add(participantId: string, source: MediaSource, producerId: string): void {
    const reception: OpenReceivedSource = {
      participantId,
      source,
      producerId,
      consumer: null,
      starved: false,
      tries: 0,
      timer: undefined,
      size: null,
      paused: false,
    };
    this.#receptions.set(producerId, reception);
    void this.#consume(reception);
  }

  async #consume(reception: OpenReceivedSource): Promise<void> {
    const { route } = this;
    let consumerId: string | undefined;
    let consumer: Consumer | undefined;
    try {
      const options = await route.connection.request("media.consume", {
        transportId: route.recv.id,
        producerId: reception.producerId,
        rtpCapabilities: receivable(route.recv, route.device),
      });
      consumerId = options.id;
      if (!this.#isWanted(reception)) return this.#closeAtServer(consumerId);
      consumer = await this.#receive(reception, options as ConsumerOptions);
      // Before it is resumed, so that what the server then says of it finds it.
      reception.consumer = consumer;
      reception.size = null;
      reception.paused = false;
      await route.connection.request("media.resumeConsumer", { consumerId });
      reception.tries = 0;
      if (!this.#isWanted(reception)) return this.#release(reception);
      this.changed();
      await this.#sendSize(reception);
    } catch (error) {
      reception.consumer = null;
      consumer?.close();
      if (consumerId !== undefined) this.#closeAtServer(consumerId);
      if (!this.#isWanted(reception)) return;
      // The socket's return decides.
      if (isLinkLoss(error)) reception.tries = 0;
      this.#tryLater(reception);
    }
  }

  async #receive(reception: OpenReceivedSource, options: ConsumerOptions): Promise<Consumer> {
    const { participantId, source } = reception;
    const { cryptor } = this;
    const screen = source === "screen" || source === "screenAudio";
    // It becomes part of the browser's description.
    const stream = participantId.replace(/[^A-Za-z0-9_-]/g, "-");
    return await this.route.recv.consume({
      ...options,
      // One stream id a person: the browser keeps lips and voice together.
      streamId: screen ? `${stream}-screen` : stream,
      // Attached later, decryption would miss the first frames.
      ...(cryptor === undefined ? {} : {
        onRtpReceiver: (receiver: RTCRtpReceiver) =>
          cryptor.receiver(receiver, participantId, source, options.id),
      }),
    });
  }

  #tryLater(reception: OpenReceivedSource): void {
    if (this.#closed || !this.#isWanted(reception)) return;
    if (++reception.tries > MAX_TRIES) return this.route.lose();
    clearTimeout(reception.timer);
    reception.timer = setTimeout(() => {
      if (this.#isWanted(reception) && reception.consumer === null) void this.#consume(reception);
    }, RETRY_MS * reception.tries);
  }

  async #sendSize(reception: OpenReceivedSource): Promise<void> {
    const { consumer, participantId, source } = reception;
    const size = this.sizeOf(participantId, source);
    if (consumer === null || size === null || sameSize(size, reception.size)) return;
    const { connection } = this.route;
    const consumerId = consumer.id;
    reception.size = size;
    try {
      if (isHidden(size)) {
        reception.paused = true;
        return void await connection.request("media.pauseConsumer", { consumerId });
      }
      await connection.request("media.setConsumerSize", {
        consumerId,
        width: Math.min(16384, Math.round(size.width)),
        height: Math.min(16384, Math.round(size.height)),
      });
      if (!reception.paused || isHidden(reception.size)) return;
      await connection.request("media.resumeConsumer", { consumerId });
      reception.paused = isHidden(reception.size);
    } catch {
      // A size that didn't arrive costs sharpness or bandwidth; the next one is told again.
      reception.size = null;
    }
  }

  #isWanted(reception: ReceivedSource): boolean {
    return !this.#closed && this.#receptions.get(reception.producerId) === reception;
  }

  #drop(reception: OpenReceivedSource): void {
    clearTimeout(reception.timer);
    this.#receptions.delete(reception.producerId);
    this.#release(reception);
    this.changed();
  }

  #release(reception: OpenReceivedSource): void {
    const { consumer } = reception;
    reception.consumer = null;
    if (consumer === null) return;
    consumer.close();
    this.#closeAtServer(consumer.id);
  }

  #closeAtServer(consumerId: string): void {
    this.route.connection.request("media.closeConsumer", { consumerId }).catch(() => {});
  }
}

const isHidden = (size: FrameSize | null): boolean =>
  size !== null && (size.width < 1 || size.height < 1);

const sameSize = (a: FrameSize, b: FrameSize | null): boolean =>
  b !== null && a.width === b.width && a.height === b.height;

const isLinkLoss = (error: unknown): boolean =>
  error instanceof RoomError && error.code === "unavailable";
