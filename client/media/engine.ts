/**
 * The room's audio and video: publishes the person's own sources and receives everybody else's.
 *
 * Loaded with the room, never by the lobby. Devices, screen and meeting document say what is wanted; a
 * {@linkcode MediaRoute} carries it; when the route is lost, the engine makes another one and everything is as before.
 * Invariants: one route at a time; what belongs to an earlier one changes nothing any more.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { MEDIA_SOURCES, type MediaSource } from "../../rooms/contract/document/schema.ts";
import { RoomError } from "../../rooms/contract/errors.ts";
import type { Welcome } from "../../rooms/contract/protocol/messages.ts";
import { delayMs } from "../connection/reconnect.ts";
import type { MediaOptions, MediaState, RoomMedia, ScreenState } from "./interface.ts";
import { type Loudspeaker, Playback } from "./playback.ts";
import { Publisher, type WantedSource } from "./publishing.ts";
import {
  availableBps,
  type ConnectionReport,
  type Quality,
  QualityTracker,
  readSent,
  sameQuality,
  shownQuality,
} from "./quality.ts";
import { type FrameSize, Receiver } from "./receiving.ts";
import { MediaRoute } from "./route.ts";
import { RouterDevice } from "./router_device.ts";
import { ScreenCapture } from "./screen.ts";
import {
  arrange,
  expectedStreams,
  type ReceivedTracks,
  sameStreams,
  starvedPictures,
} from "./streams.ts";
import { PageVisibility } from "./visibility.ts";

export type * from "./interface.ts";
export type { ConnectionReport, Quality, ReceivedTracks };

/** Starts as soon as the connection has a welcome, and follows it through every reconnect. */
export function openMedia(options: MediaOptions): RoomMedia {
  return new MediaEngine(options);
}

const QUALITY_INTERVAL_MS = 2_000;
const SOURCES_OF_SCREEN: readonly MediaSource[] = ["screen", "screenAudio"];

const UNSEEN: FrameSize = { width: 0, height: 0 };

interface Life {
  route: MediaRoute;
  publisher: Publisher;
  receiver: Receiver;
}

class MediaEngine implements RoomMedia {
  readonly state = signal<MediaState>("idle");
  readonly streams = signal<ReadonlyMap<string, ReceivedTracks>>(new Map());
  readonly screen = signal<ScreenState>({ on: false, track: null });
  readonly speakers = signal<readonly { participantId: string; level: number }[]>([]);
  readonly quality = signal<ReadonlyMap<string, Quality>>(new Map());
  readonly connections = signal<readonly ConnectionReport[]>([]);
  readonly starved = signal<ReadonlySet<string>>(new Set());
  readonly needsGesture: ReadonlySignal<boolean>;

  readonly #options: MediaOptions;
  readonly #capture = new ScreenCapture();
  readonly #playback: Loudspeaker;
  readonly #device: RouterDevice;
  readonly #quality = new QualityTracker();
  readonly #sizes = new Map<string, FrameSize>();
  readonly #visibility = new PageVisibility();
  readonly #stops: (() => void)[] = [];
  #life: Life | null = null;
  /** The route that is being opened, by number: an older one that opens late is closed. */
  #opening = 0;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: MediaOptions) {
    this.#options = options;
    this.#device = new RouterDevice(options);
    const { connection, devices } = options;
    this.#playback = options.loudspeaker ??
      new Playback(computed(() => devices.choices.value.speakerId));
    this.needsGesture = this.#playback.needsGesture;
    const statistics = setInterval(() => void this.#measure(), QUALITY_INTERVAL_MS);
    this.#stops.push(
      connection.welcome.subscribe((welcome) => {
        if (welcome !== null) void this.#arrive(welcome);
      }),
      connection.participants.subscribe((participants) => {
        this.#life?.receiver.follow(participants);
        this.#showStreams();
      }),
      devices.microphone.subscribe(() => this.#follow("audio")),
      devices.camera.subscribe(() => this.#follow("video")),
      this.#capture.tracks.subscribe(({ video }) => {
        this.screen.value = { on: video !== null, track: video };
        for (const source of SOURCES_OF_SCREEN) this.#follow(source);
      }),
      connection.on("media.lost", () => this.#life?.route.lose()),
      connection.on("media.transportClosed", ({ transportId }) => {
        if (this.#life?.route.owns(transportId)) this.#life.route.lose();
      }),
      connection.on("media.consumerClosed", ({ consumerId }) => {
        this.#life?.receiver.consumerClosed(consumerId);
      }),
      connection.on("media.quality", ({ people }) => this.connections.value = people),
      connection.on("media.consumerStarved", ({ consumerId, starved }) => {
        this.#life?.receiver.consumerStarved(consumerId, starved);
      }),
      connection.on("media.demand", ({ producerId, encodings }) => {
        this.#life?.publisher.demanded(producerId, encodings);
      }),
      connection.on("media.redundancy", ({ producerId, wanted }) => {
        this.#life?.publisher.redundancyWanted(producerId, wanted);
      }),
      connection.on("media.speakers", ({ speakers }) => this.speakers.value = speakers),
      connection.on("participant.stopped", ({ source }) => this.#stopped(source)),
      this.#visibility.hidden.subscribe(() => this.#life?.receiver.resizedAll()),
      () => this.#visibility.close(),
      this.#onNetwork(() => this.#life?.route.repair()),
      () => clearInterval(statistics),
    );
  }

  /** Calls when the browser has a network again; answers how to stop. */
  #onNetwork(changed: () => void): () => void {
    globalThis.addEventListener("online", changed);
    return () => globalThis.removeEventListener("online", changed);
  }

  play(): Promise<void> {
    return this.#playback.play();
  }

  async setMicrophone(on: boolean): Promise<void> {
    await this.#options.devices.setMicrophone(on, { remember: false });
    await this.#settle("audio");
  }

  async setCamera(on: boolean): Promise<void> {
    await this.#options.devices.setCamera(on, { remember: false });
    await this.#settle("video");
  }

  async startScreen(): Promise<boolean> {
    if (!await this.#capture.start()) return false;
    await Promise.all(SOURCES_OF_SCREEN.map((source) => this.#settle(source)));
    return true;
  }

  async stopScreen(): Promise<void> {
    this.#capture.stop();
    await Promise.all(SOURCES_OF_SCREEN.map((source) => this.#settle(source)));
  }

  setPictureSize(participantId: string, source: MediaSource, width: number, height: number): void {
    this.#sizes.set(`${participantId}/${source}`, { width, height });
    this.#life?.receiver.resized(participantId, source);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opening++;
    clearTimeout(this.#retryTimer);
    for (const stop of this.#stops) stop();
    this.#capture.stop();
    this.#endLife();
    this.#playback.close();
    this.state.value = "idle";
  }

  /** The connection is there, for the first time or again. */
  async #arrive(welcome: Welcome): Promise<void> {
    const life = this.#life;
    this.#obeyHost();
    if (life === null || life.route.closed || !this.#stillPublished(life)) {
      return await this.#open(welcome);
    }
    const known = await life.receiver.refresh();
    if (!known) return life.route.lose();
    life.route.repair();
    life.publisher.restate();
    this.#followAll();
  }

  /** Whether the server still has every producer that this page sends through. */
  #stillPublished(life: Life): boolean {
    const me = this.#me();
    return [...life.publisher.producerIds()].every(([source, id]) =>
      me?.[source].producerId === id
    );
  }

  /** What the host stopped while this page couldn't hear it is off here too. */
  #obeyHost(): void {
    const me = this.#me();
    if (me?.audio.stoppedByHost) this.#stopped("audio");
    if (me?.video.stoppedByHost) this.#stopped("video");
  }

  #me() {
    return this.#options.connection.participants.peek().find((participant) => participant.me);
  }

  async #open(welcome: Welcome): Promise<void> {
    const opening = ++this.#opening;
    clearTimeout(this.#retryTimer);
    this.#endLife();
    this.state.value = "connecting";
    try {
      const device = await this.#device.load(welcome);
      if (this.#opening !== opening) return;
      if (device === null) {
        this.state.value = "unsupported";
        return;
      }
      let life: Life | null = null;
      const route = await MediaRoute.open(device, this.#options.connection, {
        onConnected: () => {
          if (this.#life !== life) return;
          this.#attempt = 0;
          this.state.value = "connected";
        },
        onBroken: () => {
          if (this.#life === life) this.state.value = "connecting";
        },
        onLost: () => {
          if (this.#life === life) this.#reopenLater();
        },
      }, this.#options.cryptor?.peerSettings);
      if (this.#opening !== opening) return route.close();
      life = this.#begin(route);
      // With nothing to send and nobody to hear there is nothing to wait for.
      if (life.receiver.empty && this.#nothingToSend()) this.state.value = "connected";
    } catch (error) {
      if (this.#opening !== opening) return;
      if (!(error instanceof RoomError)) reportError(error);
      this.#reopenLater();
    }
  }

  #begin(route: MediaRoute): Life {
    const { cryptor } = this.#options;
    const life: Life = {
      route,
      publisher: new Publisher(route, (source) => this.#wanted(source), cryptor),
      receiver: new Receiver(
        route,
        cryptor,
        (participantId, source) => this.#sizeOf(participantId, source),
        () => this.#showStreams(),
      ),
    };
    this.#life = life;
    life.receiver.follow(this.#options.connection.participants.peek());
    this.#followAll();
    return life;
  }

  #reopenLater(): void {
    this.#endLife();
    if (this.#closed) return;
    this.state.value = "connecting";
    clearTimeout(this.#retryTimer);
    // The first try follows at once: everybody in the room sees the gap.
    const wait = this.#attempt === 0 ? 0 : delayMs(this.#attempt - 1, false, Math.random());
    this.#attempt++;
    this.#retryTimer = setTimeout(() => {
      const welcome = this.#options.connection.welcome.peek();
      // Without a link the next welcome opens the route.
      if (welcome !== null && this.#options.connection.link.peek() === "online") {
        void this.#open(welcome);
      }
    }, wait);
  }

  #endLife(): void {
    const life = this.#life;
    this.#life = null;
    life?.receiver.close();
    life?.route.close();
  }

  #wanted(source: MediaSource): WantedSource {
    const { devices } = this.#options;
    const { video, audio } = this.#capture.tracks.peek();
    switch (source) {
      case "audio":
      case "video": {
        const { on, track } = (source === "audio" ? devices.microphone : devices.camera).peek();
        return { track, on: on && track !== null };
      }
      case "screen":
        return { track: video, on: video !== null };
      case "screenAudio":
        return { track: audio, on: audio !== null };
    }
  }

  #nothingToSend(): boolean {
    return MEDIA_SOURCES.every((source) => this.#wanted(source).track === null);
  }

  #followAll(): void {
    for (const source of MEDIA_SOURCES) this.#follow(source);
  }

  /** Brings a source in step; a refusal has switched it off by the time that it is known. */
  #follow(source: MediaSource): void {
    void this.#settle(source).catch(() => {});
  }

  /** Resolves when the server knows what is wanted, or can't be reached now. @throws RoomError when it refuses. */
  async #settle(source: MediaSource): Promise<void> {
    try {
      await this.#life?.publisher.sync(source);
    } catch (error) {
      this.#refused(error, source);
    }
  }

  #refused(error: unknown, source: MediaSource): void {
    const life = this.#life;
    // What the link's loss or a dead route broke off is done again by the next one.
    if (life === null || life.route.closed) return;
    if (!(error instanceof RoomError)) {
      reportError(error);
      return life.route.lose();
    }
    if (error.code === "unavailable") return;
    if (error.code === "not-found") return life.route.lose();
    this.#stopped(source);
    throw error;
  }

  /** The host stopped a source, or doesn't let it start: it is off here too. */
  #stopped(source: MediaSource): void {
    const { devices } = this.#options;
    switch (source) {
      case "audio":
        return void devices.setMicrophone(false, { remember: false });
      case "video":
        return void devices.setCamera(false, { remember: false });
      default:
        for (const screen of SOURCES_OF_SCREEN) this.#life?.publisher.forget(screen);
        this.#capture.stop();
    }
  }

  #showStreams(): void {
    const participants = this.#options.connection.participants.peek();
    const { streams, audioTracks } = arrange(this.#life?.receiver.receptions() ?? [], participants);
    this.#playback.show(audioTracks);
    if (!sameStreams(streams, this.streams.peek())) this.streams.value = streams;
    const starved = starvedPictures(this.#life?.receiver.receptions() ?? []);
    if (starved.size > 0 || this.starved.peek().size > 0) this.starved.value = starved;
  }

  async #measure(): Promise<void> {
    const life = this.#life;
    if (life === null || life.route.closed) return;
    const { send, recv } = life.route;
    const reports = await Promise.all([recv.getStats(), send.getStats()]).catch(() => null);
    if (reports === null || this.#life !== life) return;
    const [received, sent] = reports;
    life.publisher.measured(availableBps(sent));
    const participants = this.#options.connection.participants.peek();
    const expected = expectedStreams(
      life.receiver.receptions(),
      participants,
      (participantId, source) => this.#sizeOf(participantId, source),
    );
    const quality = this.#quality.update(expected, received);
    const own = readSent(sent);
    const me = this.#me();
    if (me !== undefined && own !== null) quality.set(me.id, own);
    const shown = shownQuality(quality, this.connections.peek());
    if (!sameQuality(shown, this.quality.peek())) this.quality.value = shown;
  }

  #sizeOf(participantId: string, source: MediaSource): FrameSize | null {
    const video = source === "video" || source === "screen";
    if (video && this.#visibility.hidden.peek()) return UNSEEN;
    return this.#sizes.get(`${participantId}/${source}`) ?? null;
  }
}
