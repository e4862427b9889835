/**
 * Everybody's pictures and sounds at the clock's time: one element a track, and only for tracks near that time.
 *
 * Invariant: a track that doesn't come holds the lesson up for {@linkcode MAX_WAIT_MS} at most.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Manifest, TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import type { TrackSource } from "../recording/api.ts";
import { type Course, TrackPlayer } from "./track_player.ts";

/** Elements are made so long before a track begins, and kept so long after it has ended. */
const NEAR_MS = 6000;
const MAX_WAIT_MS = 6000;

/** Whether this browser can play any of a track's bytes piece by piece. */
function canPlay({ mimeType }: TrackManifest): boolean {
  return "MediaSource" in globalThis && MediaSource.isTypeSupported(mimeType);
}

export class Player {
  readonly #near = signal<readonly TrackPlayer[]>([]);
  #tracks: readonly TrackManifest[] = [];
  #playsAll = true;
  readonly #waitingSince = new Map<string, number>();
  #volume = 1;

  /** The lesson still runs, and its tracks grow. */
  #live: boolean;

  constructor(private readonly source: TrackSource, { tracks, live }: Manifest) {
    this.#live = live;
    this.#tracks = this.#playable(tracks);
  }

  /** Without it some pictures or sounds are missing on this browser. */
  get playsAll(): boolean {
    return this.#playsAll;
  }

  /** Tracks that have an element now. */
  get near(): ReadonlySignal<readonly TrackPlayer[]> {
    return this.#near;
  }

  update({ tracks, live }: Manifest): void {
    this.#live = live;
    this.#tracks = this.#playable(tracks);
    for (const player of this.#near.value) {
      const track = tracks.find(({ trackId }) => trackId === player.track.trackId);
      if (track !== undefined) player.update(track, live);
    }
  }

  /** From 0, which is mute, to 1. */
  setVolume(volume: number): void {
    this.#volume = volume;
    for (const player of this.#near.value) player.setVolume(volume);
  }

  /** Answers whether the clock should wait for something that is on its way. */
  follow(course: Course, now: number): boolean {
    this.#choose(course.atMs);
    let wait = false;
    for (const player of this.#near.value) {
      const { trackId } = player.track;
      if (player.follow(course) !== "waiting") {
        this.#waitingSince.delete(trackId);
        continue;
      }
      const since = this.#waitingSince.get(trackId) ?? now;
      this.#waitingSince.set(trackId, since);
      if (now - since < MAX_WAIT_MS) wait = true;
    }
    return wait;
  }

  close(): void {
    for (const player of this.#near.value) player.close();
    this.#near.value = [];
  }

  #playable(tracks: readonly TrackManifest[]): readonly TrackManifest[] {
    const playable = tracks.filter(canPlay);
    this.#playsAll = playable.length === tracks.length;
    return playable;
  }

  #choose(atMs: number): void {
    const wanted = this.#tracks.filter(({ startMs, durationMs }) =>
      startMs - NEAR_MS <= atMs && atMs < startMs + durationMs + NEAR_MS
    );
    const held = this.#near.value;
    const isSame = held.length === wanted.length &&
      held.every(({ track }, index) => track.trackId === wanted[index]?.trackId);
    if (isSame) return;
    const kept = new Map(held.map((player) => [player.track.trackId, player]));
    this.#near.value = wanted.map((track) => {
      const player = kept.get(track.trackId) ??
        new TrackPlayer(this.source, track, this.#live);
      kept.delete(track.trackId);
      player.setVolume(this.#volume);
      return player;
    });
    for (const player of kept.values()) {
      this.#waitingSince.delete(player.track.trackId);
      player.close();
    }
  }
}
