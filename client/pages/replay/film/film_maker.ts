/** The film that is being made of the recording on this page, if any: one at a time, to be cancelled at any moment. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Manifest } from "../../../../rooms/contract/recording/manifest.ts";
import { type RecordingApi, RecordingProblem, type TrackSource } from "../recording/api.ts";
import type { Layout } from "../view.ts";
import type { FilmFormat } from "./film_format.ts";
import type { FilmTarget } from "./film_target.ts";

export type Making =
  | { state: "making"; part: number; leftMs: number | null }
  | { state: "made"; tookMs: number }
  | { state: "failed"; why: "network" | "browser" };

/** Before so much is done, nobody can say how long it will take. */
const ESTIMATE_FROM = 0.03;

export class FilmMaker {
  readonly #making = signal<Making | null>(null);
  #stop = new AbortController();

  constructor(
    private readonly api: RecordingApi,
    private readonly tracks: TrackSource,
    private readonly manifest: () => Manifest,
  ) {}

  get making(): ReadonlySignal<Making | null> {
    return this.#making;
  }

  async make(layout: Layout, format: FilmFormat, target: FilmTarget): Promise<void> {
    this.cancel();
    const stop = this.#stop = new AbortController();
    const { signal } = stop;
    const since = performance.now();
    const tell = (making: Making | null) => {
      if (this.#stop === stop) this.#making.value = making;
    };
    tell({ state: "making", part: 0, leftMs: null });
    addEventListener("beforeunload", askToStay, { signal });
    try {
      const { makeFilm } = await import("./make_film.ts");
      await makeFilm({
        api: this.api,
        tracks: this.tracks,
        manifest: this.manifest(),
        layout,
        format,
        target,
        signal,
        onProgress: (part) => {
          const took = performance.now() - since;
          const leftMs = part < ESTIMATE_FROM ? null : took / part * (1 - part);
          tell({ state: "making", part, leftMs });
        },
      });
      tell({ state: "made", tookMs: performance.now() - since });
    } catch (error) {
      await target.discard();
      const why = error instanceof RecordingProblem ? "network" : "browser";
      if (!signal.aborted) tell({ state: "failed", why });
    } finally {
      stop.abort();
    }
  }

  /** Ends the making, or takes away what was told of it. */
  cancel(): void {
    this.#stop.abort();
    this.#making.value = null;
  }
}

function askToStay(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
