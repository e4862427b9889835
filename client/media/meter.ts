/**
 * How loud a microphone is, for a level meter.
 */
import type { ReadonlySignal } from "@preact/signals";

export interface Meter {
  /** 0 (silence) … 1 (full scale), about 15 times a second while the page is visible. */
  readonly level: ReadonlySignal<number>;
  close(): void;
}

/** Listens to an audio track; the track stays the caller's. */
export declare function openMeter(track: MediaStreamTrack): Meter;
