/**
 * Makes one track follow the clock: nudged by its rate while it is near, set anew when it is far.
 *
 * Invariant: `follow` never waits; what it answers tells the clock whether to.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import type { TrackSource } from "../recording/api.ts";
import { standsForMs } from "../recording/steady_pictures.ts";
import { isWithin } from "./timeline.ts";
import { TrackFeed } from "./track_feed.ts";

/** `idle`: nothing was sent at this time. `waiting`: something was, and isn't here yet. */
export type TrackStand = "idle" | "waiting" | "playing";

export interface Course {
  atMs: number;
  playing: boolean;
  rate: number;
}

/** Nearer than this nobody hears or sees a difference. */
const IN_STEP_S = 0.02;
/** Further than this a nudge would take too long. */
const FAR_S = 0.2;
/** The most by which a nudge changes the rate. */
const MAX_NUDGE = 0.12;
/** The end of a buffered stretch is outside of it: one rests so long before. */
const REST_S = 0.01;
/** Spans that begin so soon are fetched already. */
const SOON_MS = 6000;
/** A seek that takes longer than this is made again where the clock has come to meanwhile. */
const SEEK_PATIENCE_MS = 1500;

export class TrackPlayer {
  readonly #feed: TrackFeed;
  readonly #shows = signal(false);
  #track: TrackManifest;
  #soughtAt = -Infinity;

  /** `grows` while its lesson still runs. */
  constructor(source: TrackSource, track: TrackManifest, grows: boolean) {
    this.#track = track;
    this.#feed = new TrackFeed(source, track, grows);
    this.#feed.element.dataset["track"] = track.trackId;
    this.#feed.element.dataset["startMs"] = String(track.startMs);
  }

  get track(): TrackManifest {
    return this.#track;
  }

  get element(): HTMLMediaElement {
    return this.#feed.element;
  }

  /** There is a picture or a sound at the clock's time. */
  get shows(): ReadonlySignal<boolean> {
    return this.#shows;
  }

  get broken(): boolean {
    return this.#feed.broken;
  }

  update(track: TrackManifest, grows: boolean): void {
    this.#track = track;
    this.#feed.update(track, grows);
  }

  setVolume(volume: number): void {
    if (this.#track.kind === "audio") this.element.volume = volume;
  }

  follow(course: Course): TrackStand {
    const stand = this.broken ? "idle" : this.#follow(course);
    this.#shows.value = stand === "playing" || stand === "waiting" && this.#shows.value;
    return stand;
  }

  close(): void {
    this.#feed.close();
    this.#shows.value = false;
  }

  #follow({ atMs, playing, rate }: Course): TrackStand {
    const { element } = this;
    const { spans, startMs } = this.#track;
    if (!isWithin(spans, atMs)) {
      if (!element.paused) element.pause();
      const next = spans.find(({ fromMs }) => fromMs > atMs);
      if (next !== undefined && next.fromMs - atMs < SOON_MS) this.#feed.want(next.fromMs);
      return "idle";
    }
    this.#feed.want(atMs);
    if (!this.#feed.holds(atMs)) {
      if (!element.paused) element.pause();
      const hasCome = this.#feed.fetched(atMs);
      const last = this.#feed.lastBefore(atMs);
      const standsMs = standsForMs(this.#track);
      // A screen's next picture may be long in coming.
      const mayRest = hasCome || standsMs === Infinity;
      if (last !== null && mayRest && atMs - startMs - last.to * 1000 < standsMs) {
        return this.#rest(last);
      }
      return hasCome ? "idle" : "waiting";
    }
    const target = (atMs - startMs) / 1000;
    const ahead = element.currentTime - target;
    const isFar = Math.abs(ahead) > (playing ? FAR_S : IN_STEP_S);
    if (isFar) this.#seek(target);
    if (!playing) {
      if (!element.paused) element.pause();
    } else {
      element.playbackRate = rate * (1 - nudge(ahead));
      // A page that isn't in view may be refused; the next call asks again.
      if (element.paused) element.play().catch(() => undefined);
    }
    return element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? "playing" : "waiting";
  }

  /** Shows the last picture that there was before. */
  #rest({ from, to }: { from: number; to: number }): TrackStand {
    const { element } = this;
    const target = Math.max(from, to - REST_S);
    const awayS = Math.abs(element.currentTime - target);
    // Near it the element may stand just before the first picture, and would wait there for ever.
    const isStuck = element.readyState < HTMLMediaElement.HAVE_CURRENT_DATA && awayS > 0.001;
    if (awayS > FAR_S || isStuck) this.#seek(target);
    return element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? "playing" : "waiting";
  }

  #seek(target: number): void {
    const { element } = this;
    const now = performance.now();
    if (element.seeking && now - this.#soughtAt < SEEK_PATIENCE_MS) return;
    this.#soughtAt = now;
    element.currentTime = target;
  }
}

function nudge(aheadS: number): number {
  if (Math.abs(aheadS) < IN_STEP_S || Math.abs(aheadS) > FAR_S) return 0;
  return Math.max(-MAX_NUDGE, Math.min(MAX_NUDGE, aheadS));
}
