/**
 * What one receiving transport's peer is sent: which layer of each video, chosen by size and by what gets through,
 * and padding that finds out whether more would.
 *
 * Invariants: audio is never held back, and never sent twice where that would cost a video; a peer that gives no feedback is limited by sizes alone.
 */
import { allocate, type PictureRequest, TAKE } from "./allocation.ts";
import type { BandwidthEstimator } from "../bandwidth/bandwidth.ts";
import type { ReceivedTrack, Receiver } from "./receiver.ts";

const ALLOCATE_MS = 100;
/** A page that resizes or resumes is answered sooner. */
const REALLOCATE_MS = 30;
/** Left for retransmissions and reports. */
const USABLE = 0.95;
/** What SRTP, UDP and IP add to an audio stream of 50 packets a second. */
const SOUND_OVERHEAD_BPS = 18_000;
/** Videos have as much as they can use, up to this, before any audio is sent twice. */
const VIDEO_FIRST_BPS = 300_000;
/** Nobody needs to know that more than this gets through. */
const MAX_WANTED_BPS = 8_000_000;
/** After a layer was given up, none is taken for this long. */
const CALM_MS = 2000;
const PATIENCE_MS = 1500;
/** A padding packet: what fits into RTP's one byte of padding length, with its headers. */
const PADDING_BYTES = 300;
const MAX_PADDING_PACKETS = 40;

export class Subscriber {
  readonly #receiver: Receiver;
  #allocateMs = 0;
  #allocatedMs = -Infinity;
  #wantedBps = 0;
  #gaveUpMs = -Infinity;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  /** Chooses anew soon, however often it is asked to. */
  reallocate(): void {
    this.#allocateMs = Math.min(this.#allocateMs, this.#allocatedMs + REALLOCATE_MS);
  }

  tick(nowMs: number): void {
    const { bandwidth, consumers } = this.#receiver;
    if (consumers.size === 0) return;
    bandwidth?.tick(nowMs);
    if (nowMs >= this.#allocateMs) {
      this.#allocatedMs = nowMs;
      this.#allocateMs = nowMs + ALLOCATE_MS;
      this.#allocate(bandwidth, nowMs);
    }
    if (bandwidth !== undefined) this.#pad(bandwidth, nowMs);
  }

  #allocate(bandwidth: BandwidthEstimator | undefined, nowMs: number): void {
    const estimate = bandwidth?.bitsPerSecond;
    if (bandwidth === undefined || estimate === undefined) {
      // A path that nothing is known of yet gets little first.
      const first = bandwidth?.expectsFeedback(nowMs) ?? false;
      for (const consumer of this.#receiver.consumers.values()) {
        consumer.grant = undefined;
        consumer.redundant = consumer.needsRedundancy(nowMs);
        consumer.follow(first ? 0 : consumer.fittingLayer(), nowMs);
      }
      this.#wantedBps = 0;
      return;
    }
    const videos = [...this.#receiver.consumers.values()].filter(isShown);
    const requests = videos.map((consumer) => this.#request(consumer, nowMs));
    const shown = requests.reduce((sum, { layers }) => sum + (layers.at(-1)?.most ?? 0), 0);
    const audio = this.#audioBps(estimate * USABLE - Math.min(shown, VIDEO_FIRST_BPS), nowMs);
    const grants = allocate(requests, Math.max(0, estimate * USABLE - audio));
    let limited = false;
    let wanted = audio;
    videos.forEach((consumer, i) => {
      const { layers, current } = requests[i]!;
      const { bitsPerSecond } = grants[i]!;
      const layer = this.#withPatience(consumer, grants[i]!.layer, nowMs);
      const fitting = layers.length - 1;
      const short = layer < fitting || bitsPerSecond < layers[fitting]!.most * USABLE;
      limited ||= short;
      wanted += layers[fitting]!.most;
      consumer.grant = short ? bitsPerSecond : undefined;
      consumer.follow(layer, nowMs);
      if (layer < Math.min(current, fitting)) this.#gaveUpMs = nowMs;
    });
    this.#wantedBps = limited ? Math.min(MAX_WANTED_BPS, wanted * TAKE / USABLE) : 0;
  }

  /** A video stops only when there has been no room for it for a while: one bad moment isn't worth a word. */
  #withPatience(consumer: ReceivedTrack, layer: number, nowMs: number): number {
    if (layer >= 0 || consumer.wantedLayer < 0) {
      consumer.noRoomSinceMs = undefined;
      return layer;
    }
    consumer.noRoomSinceMs ??= nowMs;
    return nowMs - consumer.noRoomSinceMs < PATIENCE_MS ? 0 : -1;
  }

  #request(consumer: ReceivedTrack, nowMs: number): PictureRequest {
    const { producer, size, wantedLayer: current } = consumer;
    const fitting = consumer.fittingLayer();
    const calm = nowMs - this.#gaveUpMs < CALM_MS;
    // The lowest layer comes back as soon as there is room: better than none.
    const highest = calm ? Math.min(fitting, Math.max(0, current)) : fitting;
    const area = size === undefined ? 1 : 1 + size.width * size.height;
    return {
      layers: Array.from(
        { length: highest + 1 },
        (_, layer) => consumer.layerNeed(layer, fitting, nowMs),
      ),
      current,
      priority: producer.prominent ? 4 * area : area,
    };
  }

  /**
   * What audio takes of the estimate; it is sent redundantly where that is of use and all of it is within `redundantBps`.
   * Audio without transport-wide numbers takes nothing: what is estimated then is what gets through beside it.
   */
  #audioBps(redundantBps: number, nowMs: number): number {
    let plain = 0;
    let sent = 0;
    let again = 0;
    for (const consumer of this.#receiver.consumers.values()) {
      const { producer, paused } = consumer;
      if (producer.kind !== "audio" || paused || producer.paused) continue;
      const stream = producer.defaultStream;
      if (!stream.alive(nowMs)) continue;
      const bps = stream.plainBitsPerSecond(nowMs);
      if (consumer.mapping.transportWideId !== 0) {
        plain += bps + SOUND_OVERHEAD_BPS;
        sent += (consumer.redundant ? stream.bitsPerSecond(nowMs) : bps) + SOUND_OVERHEAD_BPS;
      }
      if (consumer.needsRedundancy(nowMs)) again += bps;
    }
    const room = plain + again <= redundantBps;
    for (const consumer of this.#receiver.consumers.values()) {
      consumer.redundant = room && consumer.needsRedundancy(nowMs);
    }
    return sent;
  }

  #pad(bandwidth: BandwidthEstimator, nowMs: number): void {
    if (this.#wantedBps === 0) return;
    let due = bandwidth.paddingDue(this.#wantedBps, nowMs);
    if (due <= 0) return;
    const through = [...this.#receiver.consumers.values()].find((consumer) => consumer.mayPad);
    for (let i = 0; through !== undefined && due > 0 && i < MAX_PADDING_PACKETS; i++) {
      through.pad();
      due -= PADDING_BYTES;
    }
  }
}

function isShown({ producer, paused }: ReceivedTrack): boolean {
  return producer.kind === "video" && !paused && !producer.paused;
}
