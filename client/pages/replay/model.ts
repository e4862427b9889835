/**
 * A recording as this page plays it: the clock, the players that follow it, the document at its time, and the choices
 * of whoever watches.
 *
 * Invariant: everything that is shown belongs to the one time `at`; what hasn't come yet holds the clock.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Manifest, Stretch } from "../../../rooms/contract/recording/manifest.ts";
import { type RootName, ROOTS } from "../../../rooms/contract/document/schema.ts";
import { FilmMaker } from "./film/film_maker.ts";
import { Glimpses } from "./glimpse/glimpses.ts";
import { DecryptedTracks } from "./decryption/decrypted_tracks.ts";
import type { RecordingKeys } from "../../encryption/recording_keys.ts";
import { ReplayClock } from "./player/clock.ts";
import { Player } from "./player/player.ts";
import { clampTo, LIVE_DELAY_MS, playableFrom } from "./player/timeline.ts";
import { type RecordingApi, RecordingProblem, type TrackSource } from "./recording/api.ts";
import { LessonDocument } from "./recording/lesson_document.ts";
import { RecordingLog } from "./recording/log.ts";
import { SearchIndex } from "./search/search_index.ts";
import { WorkedOn } from "./stages/worked_on.ts";
import { ReplayView } from "./view.ts";

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const;
/** How often a lesson that still runs is asked how far it has come. */
const LIVE_POLL_MS = 3000;
/** Pages out of view draw no frames; the sound goes on all the same. */
const HIDDEN_TICK_MS = 250;
/** The log of what comes next is fetched so long before. */
const LOG_AHEAD_MS = 20_000;
const LOG_RETRY_MS = 2000;

export class Replay {
  readonly lesson = new LessonDocument();
  readonly tracks: TrackSource;
  readonly player: Player;
  readonly index: SearchIndex;
  readonly film: FilmMaker;
  readonly glimpses: Glimpses;
  readonly view: ReplayView;
  readonly #decrypted: DecryptedTracks | null;
  readonly #clock = new ReplayClock(() => performance.now());
  readonly #log: RecordingLog;
  readonly #manifest;
  readonly #at = signal(0);
  readonly #playing = signal(false);
  readonly #rate = signal(1);
  readonly #waiting = signal(false);
  readonly #skipsSilence = signal(false);
  readonly #volume = signal(1);
  readonly #problem = signal<RecordingProblem | null>(null);
  readonly #speaker = signal<string | null>(null);
  readonly #versions = Object.fromEntries(
    Object.keys(ROOTS).map((name) => [name, signal(0)]),
  ) as Record<RootName, Signal<number>>;
  readonly #presenceVersion = signal(0);
  readonly #docVersion = signal(0);
  readonly #touched = signal<"board" | "code">("board");
  readonly #workedOn = new WorkedOn();
  #silences: readonly Stretch[] = [];
  #logFailedAt = -Infinity;
  #frame = 0;

  /** How far one can go now: the end, or a little behind a lesson that still runs. */
  readonly endMs: ReadonlySignal<number> = computed(() => {
    const { live, durationMs } = this.#manifest.value;
    return live ? Math.max(0, durationMs - LIVE_DELAY_MS) : durationMs;
  });

  constructor(readonly api: RecordingApi, whole: Manifest, readonly keys: RecordingKeys) {
    const manifest = this.#readable(whole);
    this.#manifest = signal(manifest);
    this.#log = new RecordingLog(api, manifest);
    this.#decrypted = keys.stand === "open"
      ? new DecryptedTracks(api, keys, () => this.#manifest.value)
      : null;
    this.tracks = this.#decrypted ?? api;
    this.player = new Player(this.tracks, manifest);
    this.index = new SearchIndex(api, () => this.#manifest.value);
    this.glimpses = new Glimpses(api, this.tracks, () => this.#manifest.value);
    this.film = new FilmMaker(api, this.tracks, () => this.#manifest.value);
    this.view = new ReplayView();
  }

  get manifest(): ReadonlySignal<Manifest> {
    return this.#manifest;
  }

  get at(): ReadonlySignal<number> {
    return this.#at;
  }

  get playing(): ReadonlySignal<boolean> {
    return this.#playing;
  }

  get rate(): ReadonlySignal<number> {
    return this.#rate;
  }

  /** Something of this moment is still on its way. */
  get waiting(): ReadonlySignal<boolean> {
    return this.#waiting;
  }

  get skipsSilence(): ReadonlySignal<boolean> {
    return this.#skipsSilence;
  }

  get volume(): ReadonlySignal<number> {
    return this.#volume;
  }

  /** Sound or pictures stood at another moment than their own, and were left out. */
  get misplaced(): boolean {
    return this.#decrypted?.misplaced.value === true;
  }

  /** What keeps the recording from going on; it is tried again. */
  get problem(): ReadonlySignal<RecordingProblem | null> {
    return this.#problem;
  }

  get speaker(): ReadonlySignal<string | null> {
    return this.#speaker;
  }

  /** Which of board and code was worked on last. */
  get touched(): ReadonlySignal<"board" | "code"> {
    return this.#touched;
  }

  /** Rises whenever something under this root is another than before. */
  version(root: RootName): ReadonlySignal<number> {
    return this.#versions[root];
  }

  get presenceVersion(): ReadonlySignal<number> {
    return this.#presenceVersion;
  }

  /** Rises when `lesson.doc` is another document. */
  get docVersion(): ReadonlySignal<number> {
    return this.#docVersion;
  }

  /** Starts following the clock; answers what ends it all. */
  open(): () => void {
    const frame = () => {
      // First, so that what goes wrong in one frame doesn't stop the lesson.
      this.#frame = requestAnimationFrame(frame);
      this.#tick();
    };
    this.#frame = requestAnimationFrame(frame);
    const hidden = setInterval(() => document.hidden && this.#tick(), HIDDEN_TICK_MS);
    const polling = setInterval(() => void this.#poll(), LIVE_POLL_MS);
    return () => {
      cancelAnimationFrame(this.#frame);
      clearInterval(hidden);
      clearInterval(polling);
      this.player.close();
      this.#decrypted?.close();
      this.index.close();
      this.film.cancel();
      this.glimpses.close();
      this.lesson.doc.destroy();
    };
  }

  setPlaying(playing: boolean): void {
    if (playing && this.#isAtEnd() && !this.#manifest.value.live) this.#clock.seek(0);
    this.#clock.setPlaying(playing);
    this.#playing.value = playing;
  }

  seek(atMs: number): void {
    this.#clock.seek(clampTo(atMs, this.endMs.value));
    this.#at.value = this.#clock.at;
  }

  seekBy(ms: number): void {
    this.seek(this.#clock.at + ms);
  }

  setRate(rate: number): void {
    this.#clock.setRate(rate);
    this.#rate.value = rate;
  }

  /** One step faster or slower. */
  stepRate(step: 1 | -1): void {
    const at = RATES.findIndex((rate) => rate >= this.#rate.value);
    const rate = RATES[at + step];
    if (rate !== undefined) this.setRate(rate);
  }

  setVolume(volume: number): void {
    this.player.setVolume(volume);
    this.#volume.value = volume;
  }

  /** Which stretches are silent is known once the whole log has been read. */
  async setSkipsSilence(skips: boolean): Promise<void> {
    this.#skipsSilence.value = skips;
    if (!skips || this.#silences.length > 0) return;
    try {
      this.#silences = await this.index.silences();
    } catch {
      this.#skipsSilence.value = false;
    }
  }

  #isAtEnd(): boolean {
    return this.#clock.at >= this.endMs.value;
  }

  #tick(): void {
    const { live, pauses } = this.#manifest.value;
    const before = this.#clock.at;
    if (this.#clock.playing) {
      const silences = this.#skipsSilence.value ? this.#silences : [];
      const from = playableFrom(before, pauses, silences);
      if (from !== before) this.#clock.seek(clampTo(from, this.endMs.value));
      if (this.#isAtEnd()) {
        this.#clock.seek(this.endMs.value);
        // The end of a running lesson moves on; that of a finished one is the end.
        if (!live) this.setPlaying(false);
      }
    }
    const atMs = this.#clock.at;
    const isKnown = this.#showDocument(atMs);
    const runs = this.#clock.playing && !this.#clock.held && !(live && this.#isAtEnd());
    const waits = this.player.follow(
      { atMs, playing: runs, rate: this.#clock.rate },
      performance.now(),
    );
    const held = !isKnown || waits;
    this.#clock.setHeld(held);
    this.#waiting.value = held;
    this.#at.value = atMs;
  }

  /** Answers whether the log reaches so far. */
  #showDocument(atMs: number): boolean {
    const segment = this.#log.segmentAt(atMs);
    if (segment === undefined) return true;
    const next = this.#log.segmentAt(atMs + LOG_AHEAD_MS);
    if (next !== undefined && next !== segment) this.#fetchLog(next, next.fromMs);
    const entries = this.#log.entriesOf(segment, atMs);
    if (entries === undefined) {
      this.#fetchLog(segment, atMs);
      return false;
    }
    const moved = this.lesson.moveTo(atMs, segment.index, entries);
    if (moved.replaced) this.#docVersion.value++;
    this.#workedOn.follow(moved, atMs, this.#manifest.value.markers);
    this.#touched.value = this.#workedOn.stage;
    for (const root of moved.changed) this.#versions[root].value++;
    if (moved.presenceChanged) this.#presenceVersion.value++;
    this.#speaker.value = this.lesson.speaker;
    return true;
  }

  #fetchLog(segment: Manifest["segments"][number], atMs: number): void {
    if (this.#log.entriesOf(segment, atMs) !== undefined) return;
    if (performance.now() - this.#logFailedAt < LOG_RETRY_MS) return;
    this.#log.load(segment).then(
      () => this.#problem.value = null,
      (error) => {
        this.#logFailedAt = performance.now();
        if (error instanceof RecordingProblem) this.#problem.value = error;
      },
    );
  }

  /** What there is to show: pictures and sound that nobody here can decrypt are left out. */
  #readable(manifest: Manifest): Manifest {
    return this.keys.stand === "missing" ? { ...manifest, tracks: [] } : manifest;
  }

  async #poll(): Promise<void> {
    if (!this.#manifest.value.live) return;
    try {
      const manifest = this.#readable(await this.api.manifest());
      this.#log.update(manifest);
      this.player.update(manifest);
      this.#manifest.value = manifest;
      this.#problem.value = null;
    } catch (error) {
      if (error instanceof RecordingProblem) this.#problem.value = error;
    }
  }
}

export const ReplayContext = createContext<Replay | null>(null);

export function useReplay(): Replay {
  const replay = useContext(ReplayContext);
  if (replay === null) throw new Error("no recording here");
  return replay;
}
