/** The decoded pictures of one track, at times that only go forward. */
import { type Input, type VideoSample, VideoSampleSink } from "mediabunny";
import type { TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import type { TrackSource } from "../recording/api.ts";
import { type Reach, trackInput } from "./track_input.ts";

export class TrackFrames {
  readonly #input: Input;
  #frames: AsyncGenerator<VideoSample, void> | null = null;
  #now: VideoSample | null = null;
  #next: VideoSample | null = null;
  #ended = false;

  constructor(source: TrackSource, private readonly track: TrackManifest, reach: Reach) {
    this.#input = trackInput(source, track, reach);
  }

  /** The picture that stood at this time, to be drawn before the next call; null before the first one. */
  async at(atMs: number): Promise<VideoSample | null> {
    const seconds = (atMs - this.track.startMs) / 1000;
    while (true) {
      this.#next ??= await this.#read();
      if (this.#next === null || this.#next.timestamp > seconds) return this.#now;
      this.#now?.close();
      this.#now = this.#next;
      this.#next = null;
    }
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#frames?.return().catch(() => undefined);
    this.#now?.close();
    this.#next?.close();
    this.#now = null;
    this.#next = null;
    this.#input.dispose();
  }

  async #read(): Promise<VideoSample | null> {
    if (this.#ended) return null;
    if (this.#frames === null) {
      const track = await this.#input.getPrimaryVideoTrack();
      if (track === null) return this.#end();
      this.#frames = new VideoSampleSink(track).samples();
    }
    const { value, done } = await this.#frames.next();
    return done ? this.#end() : value;
  }

  #end(): null {
    this.#ended = true;
    return null;
  }
}
