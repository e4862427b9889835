/**
 * How loud a microphone is, for a level meter.
 *
 * Invariant: the audio graph ends nowhere, so that nobody hears themselves.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

/** Often enough to look alive, seldom enough to cost nothing. */
const INTERVAL_MS = 66;
const FLOOR_DB = -60;
/** How much of the last level stays when it gets quieter: a meter that drops at once flickers. */
const FALL = 0.75;

export interface Meter {
  /** 0 (silence) … 1 (full scale), about 15 times a second while the page is visible. */
  readonly level: ReadonlySignal<number>;
  close(): void;
}

/** The level of samples in −1…1 on a scale of decibels: 0 at −60 dBFS and below, 1 at full scale. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  if (sum === 0) return 0;
  const db = 10 * Math.log10(sum / samples.length);
  return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
}

/** Listens to an audio track; the track stays the caller's. A meter that can't be opened shows silence. */
export function openMeter(track: MediaStreamTrack): Meter {
  const level = signal(0);
  const measured = measureTrack(track);
  if (measured === null) return { level, close: () => {} };
  const { context, analyser, source } = measured;
  analyser.fftSize = 1024;
  const samples = new Float32Array(analyser.fftSize);
  const measure = () => {
    // A page without a gesture starts suspended; any later click lets it run.
    if (context.state === "suspended") void context.resume().catch(() => {});
    analyser.getFloatTimeDomainData(samples);
    const now = levelOf(samples);
    const shown = Math.max(now, level.peek() * FALL);
    level.value = shown < 0.01 ? 0 : shown;
  };
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") measure();
  }, INTERVAL_MS);
  return {
    level,
    close: () => {
      clearInterval(timer);
      source.disconnect();
      void context.close().catch(() => {});
    },
  };
}

/** Null where there is no audio graph, or none for this track: contexts are few, and Firefox refuses a track of another rate. */
function measureTrack(track: MediaStreamTrack) {
  let context: AudioContext | null = null;
  try {
    context = new AudioContext({ latencyHint: "playback" });
    const analyser = context.createAnalyser();
    const source = context.createMediaStreamSource(new MediaStream([track]));
    source.connect(analyser);
    return { context, analyser, source };
  } catch {
    void context?.close().catch(() => {});
    return null;
  }
}
