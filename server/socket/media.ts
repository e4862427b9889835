/**
 * The media of one room: what its people ask of the engine, and what the engine has to tell them.
 *
 * Invariant: a participant reaches only what is theirs, and consumes only what is produced in the same room.
 * Invariant: one transport a direction and one producer a source; a new one closes the old one.
 */
import type { MonotonicMs } from "../../rooms/clocks.ts";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import { RoomError, type RoomErrorCode } from "../../rooms/contract/errors.ts";
import type { Logger } from "../../rooms/contract/logger.ts";
import type { Member } from "../../rooms/member.ts";
import type {
  CheckedParamsOf,
  Method,
  NoticeMethod,
  NoticeParams,
  ResultOf,
} from "../../rooms/contract/protocol/messages.ts";
import type { Room } from "../../rooms/room.ts";
import type { RoomMedia } from "../../rooms/sources.ts";
import {
  type MediaEngine,
  MediaError,
  type MediaEvent,
  type MediaKind,
} from "../sfu/media_engine.ts";
import { Holdings, notYours } from "./holdings.ts";
import { qualityOfPeople, QualitySampler } from "./quality.ts";
import type { RecordingFeed } from "./recording_feed.ts";

export type MediaMethod = Extract<Method, `media.${string}`>;

/** Consumers that one participant may hold: every source of a full room. */
const MAX_CONSUMERS = 800;

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
  readonly #holdings = new Holdings();

  constructor(
    private readonly engine: MediaEngine,
    private readonly logger: Logger,
    /** Null when the meeting isn't recorded. */
    readonly recording: RecordingFeed | null = null,
    private readonly clock: () => MonotonicMs = () => performance.now(),
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
    if (room === null || this.#holdings.producers.length === 0) return;
    const ownerOf = (producerId: string) => this.#holdings.producer(producerId)?.owner;
    const looked = this.#router?.then((routerId) =>
      this.#quality.tick(this.clock(), routerId, ownerOf, room.activity)
    );
    if (looked !== undefined) this.#spare("stats", looked);
  }

  setPaused(producerId: string, paused: boolean): void {
    if (paused) this.recording?.paused(producerId);
    this.#spare("pause", this.engine.setProducerPaused(producerId, paused));
  }

  closeProducer(producerId: string): void {
    if (!this.#holdings.removeProducer(producerId)) return;
    this.recording?.gone(producerId);
    this.#spare("close producer", this.engine.closeProducer(producerId));
  }

  release(participantId: string): void {
    for (const id of this.#holdings.transportsOf(participantId)) this.#closeTransport(id);
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
      for (const id of this.#holdings.transportsOf(owner, direction)) this.#closeTransport(id);
      this.#holdings.addTransport(options.id, { owner, direction });
      return options;
    },

    "media.connectTransport": async (member, { transportId, dtlsParameters }) => {
      this.#holdings.checkTransport(member.person.id, transportId);
      await this.engine.connectTransport(transportId, dtlsParameters);
      return {};
    },

    "media.restartIce": (member, { transportId }) => {
      this.#holdings.checkTransport(member.person.id, transportId);
      return this.engine.restartIce(transportId);
    },

    "media.closeTransport": (member, { transportId }) => {
      this.#holdings.checkTransport(member.person.id, transportId);
      this.#closeTransport(transportId);
      return Promise.resolve({});
    },

    "media.produce": async (member, { transportId, kind, source, rtpParameters, on }) => {
      const room = this.#openRoom();
      const { person } = member;
      this.#holdings.checkTransport(member.person.id, transportId, "send");
      if (KIND_OF[source] !== kind) {
        throw new RoomError("bad-request", `A source "${source}" has no ${kind}`);
      }
      room.sources.checkMayPublish(person, source, member.may);
      const paused = room.sources.startsPaused(person, source, on);
      const { producerId } = await this.engine.produce(transportId, {
        kind,
        rtpParameters,
        paused,
      });
      // Much may have happened meanwhile: the room decides again.
      if (!this.#isSeated(member) || this.#holdings.transport(transportId) === undefined) {
        this.#spare("close producer", this.engine.closeProducer(producerId));
        throw gone();
      }
      try {
        room.sources.checkMayPublish(person, source, member.may);
      } catch (error) {
        this.#spare("close producer", this.engine.closeProducer(producerId));
        throw error;
      }
      this.#holdings.addProducer(producerId, { owner: person.id, transportId, source });
      this.recording?.produced(producerId, { participantId: person.id, source, kind });
      room.sources.published(person, source, producerId, on);
      if (room.sources.startsPaused(person, source, on) !== paused) {
        this.setPaused(producerId, !paused);
      }
      return { producerId };
    },

    "media.closeProducer": (member, { producerId }) => {
      this.#holdings.checkProducer(member.person.id, producerId);
      this.closeProducer(producerId);
      this.#openRoom().sources.unpublished(member.person, producerId);
      return Promise.resolve({});
    },

    "media.consume": async (member, { transportId, producerId, rtpCapabilities }) => {
      const { id: owner } = member.person;
      this.#holdings.checkTransport(member.person.id, transportId, "recv");
      if (this.#holdings.producer(producerId) === undefined) throw notYours("producer");
      if (this.#holdings.consumersOf(owner).length >= MAX_CONSUMERS) {
        throw new RoomError("too-large", `One participant has at most ${MAX_CONSUMERS} consumers`);
      }
      const options = await this.engine.consume(transportId, { producerId, rtpCapabilities });
      this.#holdings.addConsumer(options.id, { owner, transportId, producerId });
      return options;
    },

    "media.resumeConsumer": async (member, { consumerId }) => {
      this.#holdings.checkConsumer(member.person.id, consumerId);
      await this.engine.setConsumerPaused(consumerId, false);
      return {};
    },

    "media.pauseConsumer": async (member, { consumerId }) => {
      this.#holdings.checkConsumer(member.person.id, consumerId);
      await this.engine.setConsumerPaused(consumerId, true);
      return {};
    },

    "media.closeConsumer": async (member, { consumerId }) => {
      this.#holdings.checkConsumer(member.person.id, consumerId);
      this.#holdings.removeConsumer(consumerId);
      await this.engine.closeConsumer(consumerId);
      return {};
    },

    "media.setConsumerSize": async (member, { consumerId, width, height }) => {
      this.#holdings.checkConsumer(member.person.id, consumerId);
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
        for (const id of this.#holdings.producersOn(event.transportId)) {
          this.recording?.quiet(id, event.quiet);
        }
        break;
      case "transportClosed": {
        const { transportId } = event;
        const owner = this.#holdings.transport(transportId)?.owner;
        this.#forgetTransport(transportId);
        this.#tell(owner, "media.transportClosed", { transportId });
        break;
      }
      case "producerClosed":
        this.#forgetProducer(event.producerId);
        break;
      case "consumerClosed": {
        const { consumerId } = event;
        const owner = this.#holdings.consumer(consumerId)?.owner;
        this.#holdings.removeConsumer(consumerId);
        this.#tell(owner, "media.consumerClosed", { consumerId });
        break;
      }
      case "quality":
        this.#room?.audience.notify("media.quality", {
          people: qualityOfPeople(
            event.transports,
            (transportId) => this.#holdings.transport(transportId)?.owner,
          ),
        });
        break;
      case "consumerStarved": {
        const { consumerId, starved } = event;
        const owner = this.#holdings.consumer(consumerId)?.owner;
        this.#tell(owner, "media.consumerStarved", { consumerId, starved });
        break;
      }
      case "demand": {
        const { producerId, encodings } = event;
        const owner = this.#holdings.producer(producerId)?.owner;
        this.#tell(owner, "media.demand", { producerId, encodings });
        break;
      }
      case "redundancy": {
        const { producerId, wanted } = event;
        const owner = this.#holdings.producer(producerId)?.owner;
        this.#tell(owner, "media.redundancy", { producerId, wanted });
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
      const owner = this.#holdings.producer(producerId)?.owner;
      if (owner !== undefined && !loudest.has(owner)) loudest.set(owner, level);
    }
    this.recording?.speakers([...loudest.keys()]);
    this.#room?.activity.heard([...loudest.keys()], this.clock());
    this.#room?.audience.notify("media.speakers", {
      speakers: [...loudest].slice(0, 16).map(([participantId, level]) => ({
        participantId,
        level,
      })),
    });
  }

  #closeTransport(transportId: string): void {
    this.#forgetTransport(transportId);
    this.#spare("close transport", this.engine.closeTransport(transportId));
  }

  #forgetTransport(transportId: string): void {
    for (const id of this.#holdings.producersOn(transportId)) this.#forgetProducer(id);
    this.#holdings.removeTransport(transportId);
  }

  #forgetProducer(producerId: string): void {
    const producer = this.#holdings.producer(producerId);
    this.#holdings.removeProducer(producerId);
    this.recording?.gone(producerId);
    const owner = producer && this.#room?.people.get(producer.owner);
    if (owner !== undefined) this.#room?.sources.unpublished(owner, producerId);
  }

  #forgetAll(): void {
    this.#router = null;
    for (const id of this.#holdings.producers) this.recording?.gone(id);
    this.#holdings.clear();
  }

  #isSeated(member: Member): boolean {
    return !this.#closed && member.person.member === member;
  }

  /** Tells one participant, if they are there. */
  #tell<M extends NoticeMethod>(
    participantId: string | undefined,
    method: M,
    params: NoticeParams<M>,
  ): void {
    if (participantId === undefined) return;
    this.#room?.people.get(participantId)?.member?.notify(method, params);
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

function gone(): RoomError {
  return new RoomError("unavailable", "You are no longer connected here");
}
