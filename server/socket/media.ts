/**
 * The media of one room: which transports, producers and consumers belong to whom, and the engine's events.
 *
 * Invariant: a participant reaches only what is theirs, and consumes only what is produced in the same room.
 * Invariant: one transport a direction and one producer a source; a new one closes the old one.
 */
import type { MediaSource } from "../../rooms/document/schema.ts";
import { RoomError, type RoomErrorCode } from "../../rooms/errors.ts";
import type { Member } from "../../rooms/member.ts";
import type {
  CheckedParamsOf,
  Method,
  NoticeParams,
  ResultOf,
} from "../../rooms/protocol/messages.ts";
import type { Room } from "../../rooms/room.ts";
import type { RoomMedia } from "../../rooms/sources.ts";
import { worseGrade } from "../sfu/connection_quality.ts";
import {
  type MediaEngine,
  MediaError,
  type MediaEvent,
  type MediaKind,
  type TransportQuality,
} from "../sfu/engine.ts";
import type { RoomLogger } from "./ports.ts";
import { QualitySampler } from "./quality.ts";
import type { RoomRecording } from "./recording.ts";

export type MediaMethod = Extract<Method, `media.${string}`>;

/** Consumers that one participant may hold: every source of a full room. */
const MAX_CONSUMERS = 800;

interface Transport {
  owner: string;
  direction: "send" | "recv";
}

interface Producer {
  owner: string;
  transportId: string;
  source: MediaSource;
}

interface Consumer {
  owner: string;
  transportId: string;
  producerId: string;
}

type Handlers = {
  readonly [M in MediaMethod]: (
    member: Member,
    params: CheckedParamsOf<M>,
  ) => Promise<ResultOf<M>>;
};

const KIND_OF: Record<MediaSource, MediaKind> = {
  audio: "audio",
  screenAudio: "audio",
  video: "video",
  screen: "video",
};

/** {@linkcode MediaError} → what the peer may see. */
const CODE_OF: Record<MediaError["code"], RoomErrorCode> = {
  "not-found": "not-found",
  unsupported: "bad-request",
  conflict: "conflict",
  unavailable: "unavailable",
};

export class MediaSession implements RoomMedia {
  #router: Promise<string> | null = null;
  #room: Room | null = null;
  #closed = false;
  readonly #quality: QualitySampler;
  readonly #transports = new Map<string, Transport>();
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();

  constructor(
    private readonly engine: MediaEngine,
    private readonly logger: RoomLogger,
    /** Null when the meeting isn't recorded. */
    readonly recording: RoomRecording | null = null,
    /** Unix ms. */
    private readonly now: () => number = Date.now,
  ) {
    this.#quality = new QualitySampler(engine);
  }

  /** Names the room; before that, events have nobody to go to. */
  attach(room: Room): void {
    this.#room = room;
    this.recording?.attach(room);
  }

  /** Runs one `media.*` request. @throws RoomError */
  async request<M extends MediaMethod>(
    method: M,
    member: Member,
    params: CheckedParamsOf<M>,
  ): Promise<ResultOf<M>> {
    const handler: Handlers[M] = this.#handlers[method];
    try {
      return await handler(member, params);
    } catch (error) {
      if (error instanceof MediaError) {
        throw new RoomError(CODE_OF[error.code], error.message, { cause: error });
      }
      throw error;
    }
  }

  /** Does what is due; call it a few times a second. */
  tick(): void {
    this.recording?.tick();
    const room = this.#room;
    if (room === null || this.#producers.size === 0) return;
    const ownerOf = (producerId: string) => this.#producers.get(producerId)?.owner;
    const looked = this.#router?.then((routerId) =>
      this.#quality.tick(this.now(), routerId, ownerOf, room.activity)
    );
    if (looked !== undefined) this.#spare("stats", looked);
  }

  setPaused(producerId: string, paused: boolean): void {
    if (paused) this.recording?.paused(producerId);
    this.#spare("pause", this.engine.setProducerPaused(producerId, paused));
  }

  closeProducer(producerId: string): void {
    if (!this.#producers.delete(producerId)) return;
    this.recording?.gone(producerId);
    this.#spare("close producer", this.engine.closeProducer(producerId));
  }

  release(participantId: string): void {
    for (const [id, transport] of this.#transports) {
      if (transport.owner === participantId) this.#closeTransport(id);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const router = this.#router;
    this.#forgetAll();
    if (router !== null) {
      this.#spare("close router", router.then((id) => this.engine.closeRouter(id)));
    }
  }

  readonly #handlers: Handlers = {
    "media.createTransport": async (member, { direction }) => {
      const { id: owner } = member.person;
      const options = await this.engine.createTransport(await this.#openRouter(), direction);
      if (!this.#isSeated(member)) {
        this.#spare("close transport", this.engine.closeTransport(options.id));
        throw gone();
      }
      for (const [id, transport] of this.#transports) {
        if (transport.owner === owner && transport.direction === direction) {
          this.#closeTransport(id);
        }
      }
      this.#transports.set(options.id, { owner, direction });
      return options;
    },

    "media.connectTransport": async (member, { transportId, dtlsParameters }) => {
      this.#ownTransport(member, transportId);
      await this.engine.connectTransport(transportId, dtlsParameters);
      return {};
    },

    "media.restartIce": (member, { transportId }) => {
      this.#ownTransport(member, transportId);
      return this.engine.restartIce(transportId);
    },

    "media.closeTransport": (member, { transportId }) => {
      this.#ownTransport(member, transportId);
      this.#closeTransport(transportId);
      return Promise.resolve({});
    },

    "media.produce": async (member, { transportId, kind, source, rtpParameters, on }) => {
      const room = this.#openRoom();
      const { person } = member;
      this.#ownTransport(member, transportId, "send");
      if (KIND_OF[source] !== kind) {
        throw new RoomError("bad-request", `A source "${source}" has no ${kind}`);
      }
      room.sources.checkMayPublish(source, member.may);
      const paused = room.sources.startsPaused(person, source, on);
      const { producerId } = await this.engine.produce(transportId, {
        kind,
        rtpParameters,
        paused,
      });
      // Much may have happened meanwhile: the room decides again.
      if (!this.#isSeated(member) || !this.#transports.has(transportId)) {
        this.#spare("close producer", this.engine.closeProducer(producerId));
        throw gone();
      }
      this.#producers.set(producerId, { owner: person.id, transportId, source });
      this.recording?.produced(producerId, { participantId: person.id, source, kind });
      room.sources.published(person, source, producerId, on);
      if (room.sources.startsPaused(person, source, on) !== paused) {
        this.setPaused(producerId, !paused);
      }
      return { producerId };
    },

    "media.closeProducer": (member, { producerId }) => {
      const producer = this.#producers.get(producerId);
      if (producer?.owner !== member.person.id) throw unknown("producer");
      this.closeProducer(producerId);
      this.#openRoom().sources.unpublished(member.person, producerId);
      return Promise.resolve({});
    },

    "media.consume": async (member, { transportId, producerId, rtpCapabilities }) => {
      const { id: owner } = member.person;
      this.#ownTransport(member, transportId, "recv");
      if (!this.#producers.has(producerId)) throw unknown("producer");
      const held = [...this.#consumers.values()].filter((consumer) => consumer.owner === owner);
      if (held.length >= MAX_CONSUMERS) {
        throw new RoomError("too-large", `One participant has at most ${MAX_CONSUMERS} consumers`);
      }
      const options = await this.engine.consume(transportId, { producerId, rtpCapabilities });
      this.#consumers.set(options.id, { owner, transportId, producerId });
      return options;
    },

    "media.resumeConsumer": async (member, { consumerId }) => {
      this.#ownConsumer(member, consumerId);
      await this.engine.setConsumerPaused(consumerId, false);
      return {};
    },

    "media.pauseConsumer": async (member, { consumerId }) => {
      this.#ownConsumer(member, consumerId);
      await this.engine.setConsumerPaused(consumerId, true);
      return {};
    },

    "media.closeConsumer": async (member, { consumerId }) => {
      this.#ownConsumer(member, consumerId);
      this.#consumers.delete(consumerId);
      await this.engine.closeConsumer(consumerId);
      return {};
    },

    "media.setConsumerSize": async (member, { consumerId, width, height }) => {
      this.#ownConsumer(member, consumerId);
      await this.engine.setConsumerSize(consumerId, width, height);
      return {};
    },
  };

  #openRouter(): Promise<string> {
    if (this.#closed) throw gone();
    const router = this.#router ??= this.engine.createRouter((event) => this.#onEvent(event));
    // A failure is not kept: the next request tries again.
    router.catch(() => {
      if (this.#router === router) this.#router = null;
    });
    return router;
  }

  #onEvent(event: MediaEvent): void {
    if (this.#closed) return;
    switch (event.type) {
      case "lost":
        this.#lost();
        break;
      case "transportConnected":
        break;
      case "transportQuiet":
        for (const [id, { transportId }] of this.#producers) {
          if (transportId === event.transportId) this.recording?.quiet(id, event.quiet);
        }
        break;
      case "transportClosed": {
        const transport = this.#transports.get(event.transportId);
        this.#forgetTransport(event.transportId);
        if (transport !== undefined) {
          this.#memberOf(transport.owner)?.notify("media.transportClosed", {
            transportId: event.transportId,
          });
        }
        break;
      }
      case "producerClosed":
        this.#forgetProducer(event.producerId);
        break;
      case "consumerClosed": {
        const consumer = this.#consumers.get(event.consumerId);
        this.#consumers.delete(event.consumerId);
        if (consumer !== undefined) {
          this.#memberOf(consumer.owner)?.notify("media.consumerClosed", {
            consumerId: event.consumerId,
          });
        }
        break;
      }
      case "quality":
        this.#tellQuality(event.transports);
        break;
      case "consumerStarved": {
        const { consumerId, starved } = event;
        const owner = this.#consumers.get(consumerId)?.owner;
        if (owner === undefined) break;
        this.#memberOf(owner)?.notify("media.consumerStarved", { consumerId, starved });
        break;
      }
      case "demand": {
        const owner = this.#producers.get(event.producerId)?.owner;
        if (owner === undefined) break;
        this.#memberOf(owner)?.notify("media.demand", {
          producerId: event.producerId,
          encodings: event.encodings,
        });
        break;
      }
      case "redundancy": {
        const { producerId, wanted } = event;
        const owner = this.#producers.get(producerId)?.owner;
        if (owner === undefined) break;
        this.#memberOf(owner)?.notify("media.redundancy", { producerId, wanted });
        break;
      }
      case "speakers":
        this.#speakers(event.speakers);
    }
  }

  /** Every id is gone; the router is made anew by the first who asks for a transport. */
  #lost(): void {
    this.logger.warn("Media process lost", { meetingId: this.#room?.meetingId });
    this.#forgetAll();
    const room = this.#room;
    if (room === null) return;
    for (const person of room.people.all()) room.sources.unpublishedAll(person);
    room.audience.notify("media.lost", {});
  }

  #speakers(speakers: readonly { producerId: string; level: number }[]): void {
    const loudest = new Map<string, number>();
    for (const { producerId, level } of speakers) {
      const owner = this.#producers.get(producerId)?.owner;
      if (owner !== undefined && !loudest.has(owner)) loudest.set(owner, level);
    }
    this.recording?.speakers([...loudest.keys()]);
    this.#room?.activity.heard([...loudest.keys()], this.now());
    this.#room?.audience.notify("media.speakers", {
      speakers: [...loudest].slice(0, 16).map(([participantId, level]) => ({
        participantId,
        level,
      })),
    });
  }

  /** A person's connection is as good as the worse of their two ways. */
  #tellQuality(transports: readonly TransportQuality[]): void {
    const people = new Map<string, NoticeParams<"media.quality">["people"][number]>();
    for (const { transportId, grade, lost, roundTripMs, jitterMs } of transports) {
      const participantId = this.#transports.get(transportId)?.owner;
      if (participantId === undefined) continue;
      const other = people.get(participantId);
      people.set(participantId, {
        participantId,
        grade: worseGrade(grade, other?.grade ?? "good"),
        lost: Math.max(lost, other?.lost ?? 0),
        roundTripMs: roundTripMs ?? other?.roundTripMs ?? null,
        jitterMs: Math.max(jitterMs, other?.jitterMs ?? 0),
      });
    }
    this.#room?.audience.notify("media.quality", { people: [...people.values()].slice(0, 200) });
  }

  #closeTransport(transportId: string): void {
    this.#forgetTransport(transportId);
    this.#spare("close transport", this.engine.closeTransport(transportId));
  }

  #forgetTransport(transportId: string): void {
    this.#transports.delete(transportId);
    for (const [id, producer] of this.#producers) {
      if (producer.transportId === transportId) this.#forgetProducer(id);
    }
    for (const [id, consumer] of this.#consumers) {
      if (consumer.transportId === transportId) this.#consumers.delete(id);
    }
  }

  #forgetProducer(producerId: string): void {
    const producer = this.#producers.get(producerId);
    this.#producers.delete(producerId);
    this.recording?.gone(producerId);
    const owner = producer && this.#room?.people.get(producer.owner);
    if (owner !== undefined) this.#room?.sources.unpublished(owner, producerId);
  }

  #forgetAll(): void {
    this.#router = null;
    for (const id of this.#producers.keys()) this.recording?.gone(id);
    this.#transports.clear();
    this.#producers.clear();
    this.#consumers.clear();
  }

  #ownTransport(member: Member, transportId: string, direction?: "send" | "recv"): void {
    const transport = this.#transports.get(transportId);
    const fits = direction === undefined || transport?.direction === direction;
    if (transport?.owner !== member.person.id || !fits) throw unknown("transport");
  }

  #ownConsumer(member: Member, consumerId: string): void {
    if (this.#consumers.get(consumerId)?.owner !== member.person.id) throw unknown("consumer");
  }

  #isSeated(member: Member): boolean {
    return !this.#closed && member.person.member === member;
  }

  #memberOf(participantId: string): Member | null {
    return this.#room?.people.get(participantId)?.member ?? null;
  }

  #openRoom(): Room {
    if (this.#room === null || this.#closed) throw gone();
    return this.#room;
  }

  /** Closing and pausing race with the peer's own going: what is gone already needs no closing. */
  #spare(what: string, done: Promise<unknown>): void {
    done.catch((error: unknown) => {
      if (error instanceof MediaError && error.code === "not-found") return;
      this.logger.warn(`Media: ${what} failed`, { meetingId: this.#room?.meetingId, error });
    });
  }
}

function unknown(what: string): RoomError {
  return new RoomError("not-found", `No such ${what} of yours`);
}

function gone(): RoomError {
  return new RoomError("unavailable", "You are no longer connected here");
}
