/** What a film is made of, as far as this browser can: MP4 where it encodes H.264 and AAC, WebM elsewhere. */
import {
  type AudioCodec,
  canDecodeAudio,
  canDecodeVideo,
  getFirstEncodableAudioCodec,
  getFirstEncodableVideoCodec,
  type VideoCodec,
} from "mediabunny";
import { CHANNELS, SAMPLE_RATE } from "./sound_mix.ts";

export const FILM_SIZE = { width: 1280, height: 720 };
export const FRAME_RATE = 25;
export const VIDEO_BITRATE = 2_000_000;
export const AUDIO_BITRATE = 96_000;

export interface FilmFormat {
  container: "mp4" | "webm";
  video: VideoCodec;
  audio: AudioCodec;
}

/** VP8 before VP9: where only software encodes, it is several times as fast. */
const CHOICES = [
  { container: "mp4", video: ["avc"], audio: ["aac"] },
  { container: "webm", video: ["vp8", "vp9"], audio: ["opus"] },
] as const satisfies { container: string; video: VideoCodec[]; audio: AudioCodec[] }[];

/** Null when this browser can't make films. */
export async function filmFormat(): Promise<FilmFormat | null> {
  const isAble = "VideoDecoder" in globalThis && "VideoEncoder" in globalThis &&
    "AudioDecoder" in globalThis && "AudioEncoder" in globalThis && "OffscreenCanvas" in globalThis;
  if (!isAble || !await canDecodeVideo("vp8") || !await canDecodeAudio("opus")) return null;
  for (const choice of CHOICES) {
    const [video, audio] = await Promise.all([
      getFirstEncodableVideoCodec([...choice.video], { ...FILM_SIZE, bitrate: VIDEO_BITRATE }),
      getFirstEncodableAudioCodec([...choice.audio], {
        numberOfChannels: CHANNELS,
        sampleRate: SAMPLE_RATE,
        bitrate: AUDIO_BITRATE,
      }),
    ]);
    if (video !== null && audio !== null) return { container: choice.container, video, audio };
  }
  return null;
}
