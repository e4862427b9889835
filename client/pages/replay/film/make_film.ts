/**
 * Makes one film of a lesson: decoded, drawn, mixed, encoded and written second by second, as fast as the browser can.
 *
 * Invariant: a stretch of a second is done with before the next begins, and encoders and the file hold it up when they
 * are behind, so that memory doesn't grow with the lesson.
 */
import {
  AudioSample,
  AudioSampleSource,
  Mp4OutputFormat,
  Output,
  Quality,
  StreamTarget,
  VideoSampleSource,
  WebMOutputFormat,
} from "mediabunny";
import type { Manifest } from "../../../../rooms/contract/recording/manifest.ts";
import { openCanvas } from "../pictures/canvas.ts";
import { readPalette } from "../pictures/palette.ts";
import type { RecordingApi, TrackSource } from "../recording/api.ts";
import { RecordingLog } from "../recording/log.ts";
import { LessonWalk } from "../recording/walk_log.ts";
import type { Layout } from "../view.ts";
import {
  AUDIO_BITRATE,
  FILM_SIZE,
  type FilmFormat,
  FRAME_RATE,
  VIDEO_BITRATE,
} from "./film_format.ts";
import { frameOf } from "./film_frame.ts";
import { FilmScene } from "./film_scene.ts";
import { FilmSound } from "./film_sound.ts";
import type { FilmTarget } from "./film_target.ts";
import { FilmTime } from "./film_time.ts";
import { type Block, CHANNELS, SAMPLE_RATE } from "./sound_mix.ts";

const FRAME_MS = 1000 / FRAME_RATE;
const STEP_MS = 1000;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** The page answers whoever uses it meanwhile. */
const BREATH_MS = 12;

export interface FilmOrder {
  api: RecordingApi;
  tracks: TrackSource;
  manifest: Manifest;
  layout: Layout;
  format: FilmFormat;
  target: FilmTarget;
  signal: AbortSignal;
  /** 0 to 1. */
  onProgress(part: number): void;
}

/** Resolves when the film is in its target. @throws whatever keeps it from being made */
export async function makeFilm(order: FilmOrder): Promise<void> {
  const { api, tracks, manifest, layout, format, target } = order;
  const time = new FilmTime(manifest.durationMs, manifest.pauses);
  const walk = new LessonWalk(new RecordingLog(api, manifest), () => manifest);
  const scene = new FilmScene({ tracks, manifest, walk, layout, palette: readPalette() });
  const sound = new FilmSound(tracks, manifest.tracks, time);
  const { context } = openCanvas(FILM_SIZE);
  const pictures = new VideoSampleSource({
    codec: format.video,
    quality: new Quality({ bitrate: VIDEO_BITRATE }),
    latencyMode: "quality",
    keyFrameInterval: 5,
  });
  const sounds = new AudioSampleSource({
    codec: format.audio,
    quality: new Quality({ bitrate: AUDIO_BITRATE }),
  });
  const output = new Output({
    format: format.container === "mp4" ? new Mp4OutputFormat() : new WebMOutputFormat(),
    target: new StreamTarget(target.stream, { chunked: true, chunkSize: CHUNK_BYTES }),
  });
  output.addVideoTrack(pictures, { frameRate: FRAME_RATE });
  output.addAudioTrack(sounds);
  output.setMetadataTags({ title: manifest.title, date: new Date(manifest.startedAt) });
  try {
    await output.start();
    const breathe = breather();
    for (let fromMs = 0; fromMs < time.durationMs; fromMs += STEP_MS) {
      const toMs = Math.min(time.durationMs, fromMs + STEP_MS);
      order.signal.throwIfAborted();
      using heard = sampleOf(await sound.block(fromMs, toMs), fromMs);
      await sounds.add(heard);
      for (let frame = Math.ceil(fromMs / FRAME_MS); frame * FRAME_MS < toMs; frame++) {
        order.signal.throwIfAborted();
        await scene.draw(context, FILM_SIZE, time.lessonAt(frame * FRAME_MS));
        using shown = frameOf(context, FILM_SIZE, {
          timestamp: frame / FRAME_RATE,
          duration: 1 / FRAME_RATE,
        });
        await pictures.add(shown);
        await breathe();
      }
      order.onProgress(toMs / time.durationMs);
    }
    await output.finalize();
    target.finish();
  } catch (error) {
    await output.cancel().catch(() => undefined);
    throw error;
  } finally {
    await Promise.all([scene.close(), sound.close()]);
  }
}

function sampleOf(block: Block, atMs: number): AudioSample {
  const samples = block[0]!.length;
  const data = new Float32Array(samples * CHANNELS);
  for (const [channel, plane] of block.entries()) data.set(plane, channel * samples);
  return new AudioSample({
    data,
    format: "f32-planar",
    numberOfChannels: CHANNELS,
    sampleRate: SAMPLE_RATE,
    timestamp: atMs / 1000,
  });
}

/** Gives the page its turn now and then. Timers would do so once a second where the page isn't in view. */
function breather(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  let since = performance.now();
  return async () => {
    if (performance.now() - since < BREATH_MS) return;
    await new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage(null);
    });
    since = performance.now();
  };
}
