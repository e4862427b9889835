/** A lesson's sound, block after block of the film. Owns decoders; close it. */
import { type AudioSample, AudioSampleSink } from "mediabunny";
import type { TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import { trackInput } from "../pictures/track_input.ts";
import type { TrackSource } from "../recording/api.ts";
import type { FilmTime } from "./film_time.ts";
import { type Block, SAMPLE_RATE, silence, soften, TrackSound } from "./sound_mix.ts";

const samplesOf = (ms: number) => Math.round(ms * SAMPLE_RATE / 1000);

interface Voice {
  track: TrackManifest;
  pieces: AsyncGenerator<AudioSample, void>;
  sound: TrackSound;
}

export class FilmSound {
  readonly #voices: Voice[];

  constructor(
    source: TrackSource,
    tracks: readonly TrackManifest[],
    private readonly time: FilmTime,
  ) {
    this.#voices = tracks.filter(({ kind }) => kind === "audio").map((track) => {
      const pieces = piecesOf(source, track);
      return { track, pieces, sound: new TrackSound(track.startMs, pieces) };
    });
  }

  /** Everything that sounds in this stretch of the film, which follows the one before. */
  async block(fromMs: number, toMs: number): Promise<Block> {
    const block = silence(samplesOf(toMs) - samplesOf(fromMs));
    for (const stretch of this.time.stretches(fromMs, toMs)) {
      const from = samplesOf(stretch.fromMs);
      const at = samplesOf(stretch.filmMs) - samplesOf(fromMs);
      const samples = Math.min(samplesOf(stretch.toMs) - from, block[0]!.length - at);
      for (const { track, sound } of this.#voices) {
        // Nothing is fetched before its time.
        if (track.startMs < stretch.toMs) await sound.addTo(block, from, at, samples);
      }
    }
    soften(block);
    return block;
  }

  async close(): Promise<void> {
    await Promise.all(this.#voices.map(({ pieces }) => pieces.return().catch(() => undefined)));
  }
}

async function* piecesOf(
  source: TrackSource,
  track: TrackManifest,
): AsyncGenerator<AudioSample, void> {
  const input = trackInput(source, track, { fromMs: track.startMs, toMs: Infinity });
  try {
    const audio = await input.getPrimaryAudioTrack();
    if (audio !== null) yield* new AudioSampleSink(audio).samples();
  } finally {
    input.dispose();
  }
}
