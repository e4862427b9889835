/**
 * Keeps a MediaSource filled around the clock with one track's clusters.
 *
 * Owns the element and its fetches. The element's time is the track's own: 0 is the track's `startMs`.
 * Invariants: what is buffered is one contiguous stretch, at most {@linkcode BEHIND_MS} behind the clock; one request
 * is under way at a time; whatever fails is tried again later, and `broken` says when that is of no use.
 */
import type { TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import type { TrackSource } from "../recording/api.ts";
import { joinClusters } from "./joined_clusters.ts";

const AHEAD_MS = 12_000;
const BEHIND_MS = 20_000;
const REQUEST_MS = 10_000;
/** Played on where the seam of two requests leaves less than this. */
const SEAM_MS = 500;
const RETRY_MS = 1500;
/** Among the engines that play WebM by pieces, only Firefox's needs clusters of audio to be joined too. */
const JOINS = /Firefox\//.test(globalThis.navigator?.userAgent ?? "");

export class TrackFeed {
  readonly element: HTMLMediaElement;
  /** The browser can't play this track at all. */
  broken = false;
  #track: TrackManifest;
  /** Its lesson still runs: what isn't there may come. */
  #grows: boolean;
  readonly #media = new MediaSource();
  readonly #address: string;
  #buffer: SourceBuffer | null = null;
  #hasHeader = false;
  /** The contiguous stretch that has been appended, on the timeline. */
  #window: { fromMs: number; toMs: number } | null = null;
  #wantMs = 0;
  #request = new AbortController();
  #pumping = false;
  #restAt = 0;
  /** The server has nothing from here on, and never will. */
  #endMs = Infinity;
  #closed = false;

  constructor(private readonly source: TrackSource, track: TrackManifest, grows: boolean) {
    this.#track = track;
    this.#grows = grows;
    this.element = document.createElement(track.kind === "video" ? "video" : "audio");
    this.element.preload = "auto";
    if (this.element instanceof HTMLVideoElement) {
      this.element.muted = true;
      this.element.playsInline = true;
      this.element.disablePictureInPicture = true;
    }
    this.element.addEventListener("error", () => this.broken = !this.#closed);
    this.#address = URL.createObjectURL(this.#media);
    this.element.src = this.#address;
    this.#media.addEventListener("sourceopen", () => void this.#open(), { once: true });
  }

  /** A track of a running lesson has grown, or its lesson is over. */
  update(track: TrackManifest, grows: boolean): void {
    if (grows || track.durationMs > this.#track.durationMs) this.#endMs = Infinity;
    this.#track = track;
    this.#grows = grows;
  }

  /** Says which moment of the timeline is needed next; fetches what is missing. */
  want(atMs: number): void {
    this.#wantMs = atMs;
    if (this.#window !== null && !this.#reaches(atMs)) {
      this.#request.abort();
      this.#request = new AbortController();
    }
    if (!this.#pumping && this.#buffer !== null && performance.now() >= this.#restAt) {
      void this.#pump();
    }
  }

  /** Whether the element holds this moment. */
  holds(atMs: number): boolean {
    const seconds = (atMs - this.#track.startMs) / 1000;
    const { buffered } = this.element;
    for (let index = 0; index < buffered.length; index++) {
      if (buffered.start(index) - 0.05 <= seconds && seconds < buffered.end(index)) return true;
    }
    return false;
  }

  /** The last stretch before this moment that the element holds, up to it, in its own seconds. */
  lastBefore(atMs: number): { from: number; to: number } | null {
    const seconds = (atMs - this.#track.startMs) / 1000;
    const { buffered } = this.element;
    for (let index = buffered.length - 1; index >= 0; index--) {
      const from = buffered.start(index);
      if (from <= seconds) return { from, to: Math.min(seconds, buffered.end(index)) };
    }
    return null;
  }

  /** Whether this moment was fetched: where nothing is buffered all the same, nothing was sent. */
  fetched(atMs: number): boolean {
    return this.#window !== null && this.#window.fromMs <= atMs && atMs < this.#window.toMs;
  }

  close(): void {
    this.#closed = true;
    this.#request.abort();
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
    this.element.remove();
    URL.revokeObjectURL(this.#address);
  }

  async #open(): Promise<void> {
    try {
      this.#buffer = this.#media.addSourceBuffer(this.#track.mimeType);
    } catch {
      this.broken = true;
      return;
    }
    this.#media.duration = Math.max(1, this.#track.durationMs / 1000);
    await this.#pump();
  }

  get #durationEndMs(): number {
    return this.#track.startMs + this.#track.durationMs;
  }

  #reaches(atMs: number): boolean {
    const window = this.#window;
    return window !== null && window.fromMs <= atMs && atMs < window.toMs + SEAM_MS;
  }

  /** Works until enough is buffered ahead of what is wanted, or there is nothing more. */
  async #pump(): Promise<void> {
    const buffer = this.#buffer;
    if (buffer === null || this.#pumping || this.broken) return;
    this.#pumping = true;
    let request = this.#request;
    try {
      while (!this.#closed && !this.broken && await this.#step(buffer)) request = this.#request;
    } catch {
      // Cut off by a seek, or the network is away: the clock's next call tries again, then after a while.
      if (!request.signal.aborted) this.#restAt = performance.now() + RETRY_MS;
    } finally {
      this.#pumping = false;
    }
  }

  /** Fetches one piece; answers whether there may be need for another. */
  async #step(buffer: SourceBuffer): Promise<boolean> {
    if (!this.#hasHeader) {
      await append(
        buffer,
        await this.source.trackHeader(this.#track.trackId, this.#request.signal),
      );
      return this.#hasHeader = true;
    }
    const wanted = this.#wantMs;
    if (this.#window !== null && !this.#reaches(wanted)) {
      await remove(buffer, 0, Infinity);
      this.#window = null;
    }
    const window = this.#window;
    if (window !== null && window.toMs - wanted >= AHEAD_MS) return false;
    const fromMs = Math.max(window?.toMs ?? wanted, this.#track.startMs);
    if (!this.#grows && fromMs >= Math.min(this.#endMs, this.#durationEndMs)) return false;
    const stretch = { fromMs, toMs: fromMs + REQUEST_MS, on: window !== null };
    const { signal } = this.#request;
    const clusters = await this.source.clusters(this.#track.trackId, stretch, signal);
    signal.throwIfAborted();
    if (clusters === null) {
      this.#restAt = performance.now() + RETRY_MS;
      if (!this.#grows) this.#endMs = fromMs;
      return false;
    }
    await this.#makeRoom(buffer, wanted);
    const endMs = clusters.toMs - this.#track.startMs;
    // No engine shows the last picture before a gap to whoever comes there by a seek: joined, it lasts to the next one.
    const joins = JOINS || this.#track.kind === "video";
    await append(buffer, joins ? joinClusters(clusters.bytes, endMs) : clusters.bytes);
    // An answer that goes no further than what there was would be asked for again and again.
    const toMs = clusters.toMs > fromMs ? clusters.toMs : stretch.toMs;
    this.#window = { fromMs: window?.fromMs ?? Math.min(clusters.fromMs, wanted), toMs };
    return true;
  }

  async #makeRoom(buffer: SourceBuffer, wanted: number): Promise<void> {
    const window = this.#window;
    if (window === null || wanted - window.fromMs < 2 * BEHIND_MS) return;
    const keepMs = wanted - BEHIND_MS;
    await remove(buffer, 0, (keepMs - this.#track.startMs) / 1000);
    this.#window = { ...window, fromMs: keepMs };
  }
}

function append(buffer: SourceBuffer, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  return settled(buffer, () => buffer.appendBuffer(bytes));
}

function remove(buffer: SourceBuffer, from: number, to: number): Promise<void> {
  if (to <= from || buffer.buffered.length === 0) return Promise.resolve();
  return settled(buffer, () => buffer.remove(from, to));
}

function settled(buffer: SourceBuffer, act: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const { signal } = listening;
    buffer.addEventListener("updateend", () => (listening.abort(), resolve()), { signal });
    buffer.addEventListener("error", () => reject(new Error("the buffer refused it")), { signal });
    try {
      act();
    } catch (error) {
      listening.abort();
      reject(error);
    }
  });
}
