/**
 * Sends the person's own sources over one route, and keeps what the server knows of them true.
 *
 * A source is brought in step with what is wanted one step at a time; wishes that change meanwhile are seen before
 * the next step. Tracks belong to the devices: nothing here stops them.
 * Invariant: the server hears "off" before the track goes and "on" after it came.
 */
import type { Producer, RtpEncodingParameters } from "mediasoup-client/types";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import { MEDIA_SOURCES } from "../../rooms/contract/document/schema.ts";
import { RoomError } from "../../rooms/contract/errors.ts";
import type { NoticeParams } from "../../rooms/contract/protocol/messages.ts";
import type { FrameCryptor } from "./interface.ts";
import { maxBitrateOfLower } from "./encoder_share.ts";
import { sendRedundantly } from "./redundancy.ts";
import type { MediaRoute } from "./route.ts";

/** What should be sent from a source now. */
export interface WantedSource {
  track: MediaStreamTrack | null;
  on: boolean;
}

/** Start near the target: from 300 kbit/s the first ten seconds look poor. */
const START_KBPS = 1000;

type SendOptions = Parameters<MediaRoute["send"]["produce"]>[0] & object;

/** One temporal layer: the server chooses among the videos' sizes. */
const scalabilityMode = "L1T1";

/** How a source is encoded: a microphone in one of two ways. */
type Manner = MediaSource | "music";

/**
 * Redundant audio needs this estimate of what the page can send: with less it would cost video. It goes on down to the lower
 * one, because each change is a negotiation.
 */
const REDUNDANT_FROM_BPS = 300_000;
const REDUNDANT_DOWN_TO_BPS = 220_000;

/** Beyond this nobody hears a difference. */
const MUSIC_BPS = 160_000;

/** Lowest quality first. A screen keeps its detail in the one encoding that it has. */
const ENCODINGS: Record<Manner, readonly RtpEncodingParameters[]> = {
  audio: [{ maxBitrate: 40_000 }],
  music: [{ maxBitrate: MUSIC_BPS }],
  video: [
    { scaleResolutionDownBy: 4, maxBitrate: 150_000, maxFramerate: 30, scalabilityMode },
    { scaleResolutionDownBy: 2, maxBitrate: 500_000, maxFramerate: 30, scalabilityMode },
    { scaleResolutionDownBy: 1, maxBitrate: 1_800_000, maxFramerate: 30, scalabilityMode },
  ],
  screen: [{ maxBitrate: 2_500_000, maxFramerate: 15 }],
  screenAudio: [{ maxBitrate: 128_000 }],
};

type Demand = NoticeParams<"media.demand">["encodings"];

const CODEC_OPTIONS: Record<Manner, NonNullable<SendOptions["codecOptions"]>> = {
  audio: { opusDtx: true, opusFec: true, opusStereo: false },
  // A pause in music isn't silence.
  music: { opusDtx: false, opusFec: true, opusStereo: true, opusMaxAverageBitrate: MUSIC_BPS },
  video: { videoGoogleStartBitrate: START_KBPS },
  screen: { videoGoogleStartBitrate: START_KBPS },
  screenAudio: { opusDtx: false, opusFec: true, opusStereo: true },
};

interface Sent {
  producer: Producer | null;
  /** How the producer's encoder was set up, which holds as long as it lives. */
  manner: Manner;
  /** What the server was last told; null when that is not known any more. */
  on: boolean | null;
  running: Promise<void> | null;
  /** Wanted again while running. */
  again: boolean;
  /** What the server last asked for, and what the browser was last told to send. */
  demand: Demand | null;
  sending: Demand | null;
  /** Whether the server wants redundancy, and whether it gets it. */
  redundancyWanted: boolean;
  redundant: boolean;
}

const newlySent = (source: MediaSource): Sent => ({
  producer: null,
  manner: source,
  on: null,
  running: null,
  again: false,
  demand: null,
  sending: null,
  redundancyWanted: false,
  redundant: false,
});

export class Publisher {
  readonly #sent = new Map<MediaSource, Sent>(
    MEDIA_SOURCES.map((source) => [source, newlySent(source)]),
  );

  #availableBps: number | undefined;

  constructor(
    private readonly route: MediaRoute,
    private readonly wanted: (source: MediaSource) => WantedSource,
    private readonly cryptor: FrameCryptor | undefined,
  ) {}

  /** Producers by source, for those that exist. */
  producerIds(): Map<MediaSource, string> {
    const ids = new Map<MediaSource, string>();
    for (const [source, { producer }] of this.#sent) {
      if (producer !== null && !producer.closed) ids.set(source, producer.id);
    }
    return ids;
  }

  /** After a reconnect an answer may have been lost: the next sync says everything again. */
  restate(): void {
    for (const sent of this.#sent.values()) sent.on = null;
  }

  /** The server closed this producer, as when the host stops a share. */
  forget(source: MediaSource): void {
    const sent = this.#of(source);
    sent.producer?.close();
    sent.producer = null;
  }

  /** What is watched of one producer; its other encodings stop. */
  demanded(producerId: string, encodings: Demand): void {
    for (const [source, sent] of this.#sent) {
      if (sent.producer?.id !== producerId) continue;
      sent.demand = encodings;
      void this.sync(source).catch(() => {});
    }
  }

  /** Packets of one producer are lost, or no longer: the server wants what was sent once more with what follows. */
  redundancyWanted(producerId: string, wanted: boolean): void {
    for (const [source, sent] of this.#sent) {
      if (sent.producer?.id !== producerId) continue;
      sent.redundancyWanted = wanted;
      void this.sync(source).catch(() => {});
    }
  }

  /** This much can be sent, as far as the browser knows. */
  measured(availableBps: number | undefined): void {
    this.#availableBps = availableBps;
    for (const [source, sent] of this.#sent) {
      if (sent.redundant !== this.#redundantly(sent)) void this.sync(source).catch(() => {});
    }
  }

  #redundantly({ redundancyWanted, redundant }: Sent): boolean {
    const least = redundant ? REDUNDANT_DOWN_TO_BPS : REDUNDANT_FROM_BPS;
    return redundancyWanted && (this.#availableBps ?? Infinity) >= least;
  }

  /** Resolves when the server knows what is wanted. @throws RoomError when it refuses. */
  sync(source: MediaSource): Promise<void> {
    const sent = this.#of(source);
    sent.again = true;
    sent.running ??= this.#follow(source, sent);
    return sent.running;
  }

  async #follow(source: MediaSource, sent: Sent): Promise<void> {
    try {
      while (sent.again && !this.route.closed) {
        sent.again = false;
        while (!this.route.closed && await this.#step(source, sent));
      }
    } finally {
      sent.running = null;
    }
  }

  /** One step towards what is wanted. False when there is nothing left to do. */
  async #step(source: MediaSource, sent: Sent): Promise<boolean> {
    const { track, on } = this.wanted(source);
    const live = track?.readyState === "live" ? track : null;
    const { producer } = sent;
    const manner = mannerOf(source, live);
    if (producer === null) {
      if (live === null) return false;
      sent.manner = manner;
      sent.producer = await this.#produce(source, live, on, manner);
      sent.on = on;
      sent.demand = null;
      sent.sending = null;
      sent.redundancyWanted = false;
      sent.redundant = false;
      return true;
    }
    const over = live === null && (source === "screen" || source === "screenAudio");
    const otherwise = live !== null && manner !== sent.manner;
    if (over || otherwise) {
      sent.producer = null;
      producer.close();
      await this.#closeAtServer(producer.id);
      return true;
    }
    if (sent.on !== on && (!on || producer.track === live)) {
      await this.route.connection.request("participant.setMedia", { source, on });
      sent.on = on;
      return true;
    }
    if (producer.track !== live) {
      await producer.replaceTrack({ track: live });
      return true;
    }
    const redundant = this.#redundantly(sent);
    if (redundant !== sent.redundant) {
      sent.redundant = redundant;
      await sendRedundantly(this.route.send, producer, redundant);
      return true;
    }
    if (sent.demand !== sent.sending) {
      const { demand } = sent;
      sent.sending = demand;
      await this.#sendOnly(producer, ENCODINGS[sent.manner], demand ?? []);
      return true;
    }
    return false;
  }

  async #produce(
    source: MediaSource,
    track: MediaStreamTrack,
    on: boolean,
    manner: Manner,
  ): Promise<Producer> {
    const { route, cryptor } = this;
    const vp8 = track.kind === "video"
      ? route.device.sendRtpCapabilities.codecs?.find(({ mimeType }) => /\/vp8$/i.test(mimeType))
      : undefined;
    return await route.send.produce({
      track,
      stopTracks: false,
      disableTrackOnPause: false,
      // The library writes into them.
      encodings: ENCODINGS[manner].map((encoding) => ({ ...encoding })),
      codecOptions: CODEC_OPTIONS[manner],
      appData: { source, on, voice: manner === "audio" },
      ...(vp8 === undefined ? {} : { codec: vp8 }),
      // Attached later, encryption would leave the first frames in clear.
      ...(cryptor === undefined
        ? {}
        : { onRtpSender: (sender: RTCRtpSender) => cryptor.sender(sender, source) }),
    });
  }

  /** Brings the browser's encodings in line with the demand. One that can't do so sends everything, as before. */
  async #sendOnly(
    producer: Producer,
    encodings: readonly RtpEncodingParameters[],
    demand: Demand,
  ): Promise<void> {
    const sender = producer.rtpSender;
    if (sender === undefined || producer.closed) return;
    const { width = 0, height = 0 } = producer.track?.getSettings() ?? {};
    const parameters = sender.getParameters();
    const isActive = (i: number) => demand[i]?.active ?? true;
    parameters.encodings.forEach((encoding, i) => {
      encoding.active = isActive(i);
      const bitrate = demand[i]?.maxBitrate ?? encodings[i]?.maxBitrate;
      if (bitrate === undefined) return;
      const isLower = parameters.encodings.some((_, above) => above > i && isActive(above));
      const pixels = width * height / (encodings[i]?.scaleResolutionDownBy ?? 1) ** 2;
      const told = isLower && this.#sharesOut ? maxBitrateOfLower(bitrate, pixels) : bitrate;
      encoding.maxBitrate = Math.round(told);
    });
    await sender.setParameters(parameters).catch(() => {});
  }

  /** Whether the browser's encoder treats lower layers as Chromium's does. */
  get #sharesOut(): boolean {
    return this.route.device.handlerName.startsWith("Chrome");
  }

  async #closeAtServer(producerId: string): Promise<void> {
    try {
      await this.route.connection.request("media.closeProducer", { producerId });
    } catch (error) {
      // One that the server doesn't know any more is as good as closed.
      if (!(error instanceof RoomError)) throw error;
    }
  }

  #of(source: MediaSource): Sent {
    const sent = this.#sent.get(source);
    if (sent === undefined) throw new TypeError(`No such source: ${source}`);
    return sent;
  }
}

/** The devices tell by the content hint what a microphone is for. */
function mannerOf(source: MediaSource, track: MediaStreamTrack | null): Manner {
  return source === "audio" && track?.contentHint === "music" ? "music" : source;
}
