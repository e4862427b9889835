/**
 * Made-up devices for tests without a browser: a tone and a moving picture, by @roamhq/wrtc.
 *
 * Invariant: `close` ends every native thread, or the test process would never end.
 */
import { type Signal, signal } from "@preact/signals";
import wrtc from "@roamhq/wrtc";
import type { DeviceChoices, DeviceLists, Devices, OwnSource } from "../devices.ts";
import type { Loudspeaker } from "../playback.ts";

const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource } = wrtc.nonstandard;

// The library's browser handler looks these up on the global object.
Object.assign(globalThis, {
  RTCPeerConnection: wrtc.RTCPeerConnection,
  RTCSessionDescription: wrtc.RTCSessionDescription,
  RTCIceCandidate: wrtc.RTCIceCandidate,
  MediaStream: wrtc.MediaStream,
  MediaStreamTrack: wrtc.MediaStreamTrack,
});

const SAMPLE_RATE = 48_000;
const SAMPLES = SAMPLE_RATE / 100;
const WIDTH = 320;
const HEIGHT = 240;

/** A track and how to end it. */
interface Made {
  track: MediaStreamTrack;
  stop(): void;
}

function makeTone(): Made {
  const source = new RTCAudioSource();
  let sample = 0;
  const timer = setInterval(() => {
    const samples = new Int16Array(SAMPLES);
    for (let i = 0; i < SAMPLES; i++) {
      samples[i] = 12_000 * Math.sin(2 * Math.PI * 440 * sample++ / SAMPLE_RATE);
    }
    source.onData({
      samples,
      sampleRate: SAMPLE_RATE,
      bitsPerSample: 16,
      channelCount: 1,
      numberOfFrames: SAMPLES,
    });
  }, 10);
  return made(source.createTrack(), timer);
}

function makePicture(): Made {
  const source = new RTCVideoSource();
  let frame = 0;
  const timer = setInterval(() => {
    const data = new Uint8Array(WIDTH * HEIGHT * 3 / 2).fill(128);
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) data[y * WIDTH + x] = x + y * 3 + frame * 5;
    }
    frame++;
    source.onFrame({ width: WIDTH, height: HEIGHT, data });
  }, 40);
  return made(source.createTrack(), timer);
}

function made(track: MediaStreamTrack, timer: ReturnType<typeof setInterval>): Made {
  return {
    track,
    stop: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}

const OFF: OwnSource = { on: false, track: null, opening: false, trouble: null };

export class TestDevices implements Devices {
  readonly lists = signal<DeviceLists>({ microphones: [], cameras: [], speakers: [] });
  readonly choices = signal<DeviceChoices>({
    microphoneId: null,
    cameraId: null,
    speakerId: null,
    microphoneOn: true,
    cameraOn: true,
    sound: "speech",
  });
  readonly microphone = signal<OwnSource>(OFF);
  readonly camera = signal<OwnSource>(OFF);
  readonly #made = new Map<Signal<OwnSource>, Made>();

  async start(): Promise<void> {
    await this.setMicrophone(true);
    await this.setCamera(true);
  }

  setMicrophone(on: boolean): Promise<void> {
    const { track } = this.microphone.peek();
    if (track === null) {
      if (on) this.#open(this.microphone, makeTone());
    } else {
      track.enabled = on;
      this.microphone.value = { ...OFF, on, track };
    }
    return Promise.resolve();
  }

  setCamera(on: boolean): Promise<void> {
    if (on && this.camera.peek().track === null) this.#open(this.camera, makePicture());
    if (!on) this.#end(this.camera);
    return Promise.resolve();
  }

  chooseMicrophone(): Promise<void> {
    return Promise.resolve();
  }

  chooseCamera(): Promise<void> {
    return Promise.resolve();
  }

  chooseSpeaker(): void {}

  chooseSound(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#end(this.microphone);
    this.#end(this.camera);
  }

  #open(source: Signal<OwnSource>, made: Made): void {
    this.#made.set(source, made);
    source.value = { ...OFF, on: true, track: made.track };
  }

  #end(source: Signal<OwnSource>): void {
    this.#made.get(source)?.stop();
    this.#made.delete(source);
    source.value = OFF;
  }
}

/** Listens instead of a person: the loudest of the newest 10 ms of every track, 0…1. */
export class TestEar implements Loudspeaker {
  readonly needsGesture = signal(false);
  readonly loudness = signal(0);
  readonly #sinks = new Map<MediaStreamTrack, { stop(): void }>();

  show(tracks: ReadonlySet<MediaStreamTrack>): void {
    for (const [track, sink] of this.#sinks) {
      if (tracks.has(track)) continue;
      sink.stop();
      this.#sinks.delete(track);
    }
    for (const track of tracks) {
      if (this.#sinks.has(track)) continue;
      const sink = new RTCAudioSink(track);
      sink.ondata = ({ samples }: { samples: Int16Array }) => {
        let peak = 0;
        for (const value of samples) peak = Math.max(peak, Math.abs(value));
        this.loudness.value = peak / 32768;
      };
      this.#sinks.set(track, sink);
    }
  }

  play(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.show(new Set());
  }
}

/** Watches a track: how many frames came. */
export class TestEye {
  readonly frames = signal(0);
  readonly #sink;

  constructor(track: MediaStreamTrack) {
    this.#sink = new RTCVideoSink(track);
    this.#sink.onframe = () => this.frames.value++;
  }

  [Symbol.dispose](): void {
    this.#sink.stop();
  }
}
