/**
 * A participant for tests: mediasoup-client over @roamhq/wrtc, with made-up camera and microphone.
 *
 * Invariant: `close` ends every native thread of the peer, or the test process would never end.
 */
import wrtc from "@roamhq/wrtc";
import { Device, type types } from "mediasoup-client";
import type { MediaEngine } from "../../../server/sfu/media_engine.ts";

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
export interface PictureSize {
  width: number;
  height: number;
}

const SIZE: PictureSize = { width: 320, height: 240 };

/** What a receiver got so far; `changed` resolves at the next frame or sound. */
export interface Received {
  kind: "audio" | "video";
  consumerId: string;
  frames: number;
  /** The loudest audio sample of the last block, 0–1. */
  loudness: number;
  width: number;
}

export class TestPeer {
  readonly #engine: MediaEngine;
  readonly #routerId: string;
  readonly #device = new Device({ handlerName: "Chrome111" });
  readonly #stops: (() => void)[] = [];
  #send: types.Transport | undefined;
  #receive: types.Transport | undefined;

  constructor(
    engine: MediaEngine,
    routerId: string,
    /** Which ways it may take: `relay` is nothing but a TURN server's. */
    readonly ways: RTCIceTransportPolicy = "all",
  ) {
    this.#engine = engine;
    this.#routerId = routerId;
  }

  async load(): Promise<void> {
    const routerRtpCapabilities = this.#engine.routerRtpCapabilities as types.RtpCapabilities;
    await this.#device.load({ routerRtpCapabilities });
  }

  async #transport(direction: "send" | "recv"): Promise<types.Transport> {
    const options = {
      ...await this.#engine.createTransport(this.#routerId, direction),
      iceTransportPolicy: this.ways,
    } as types.TransportOptions;
    const transport = direction === "send"
      ? this.#device.createSendTransport(options)
      : this.#device.createRecvTransport(options);
    transport.on("connect", ({ dtlsParameters }, done, failed) => {
      const dtls = dtlsParameters as Parameters<MediaEngine["connectTransport"]>[1];
      this.#engine.connectTransport(options.id, dtls).then(done, failed);
    });
    transport.on("produce", ({ kind, rtpParameters }, done, failed) => {
      const parameters = rtpParameters as Parameters<MediaEngine["produce"]>[1]["rtpParameters"];
      this.#engine.produce(options.id, { kind, rtpParameters: parameters, paused: false })
        .then(({ producerId }) => done({ id: producerId }), failed);
    });
    this.#stops.push(() => transport.close());
    return transport;
  }

  get sendTransport(): types.Transport | undefined {
    return this.#send;
  }

  get receiveTransport(): types.Transport | undefined {
    return this.#receive;
  }

  /** Publishes a 440 Hz tone. Answers the producer's id. */
  async publishTone(): Promise<string> {
    const source = new RTCAudioSource();
    let sample = 0;
    const began = performance.now();
    const speak = () => {
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
    };
    // A late timer must not make the microphone's clock run slow.
    const timer = setInterval(() => {
      while (sample / SAMPLE_RATE * 1000 <= performance.now() - began) speak();
    }, 10);
    this.#stops.push(() => clearInterval(timer));
    return await this.#publish(source.createTrack());
  }

  /** Publishes a moving gradient at 25 frames a second; `size` may be changed meanwhile. Answers the producer's id. */
  async publishPicture(size: PictureSize = SIZE): Promise<string> {
    const source = new RTCVideoSource();
    let frame = 0;
    const timer = setInterval(() => {
      const { width, height } = size;
      const data = new Uint8Array(width * height * 3 / 2).fill(128);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) data[y * width + x] = x + y * 3 + frame * 5;
      }
      frame++;
      source.onFrame({ width, height, data });
    }, 40);
    this.#stops.push(() => clearInterval(timer));
    return await this.#publish(source.createTrack());
  }

  async #publish(track: MediaStreamTrack): Promise<string> {
    this.#send ??= await this.#transport("send");
    this.#stops.unshift(() => track.stop());
    const producer = await this.#send.produce({ track });
    return producer.id;
  }

  /** Consumes and resumes a producer. */
  async consume(producerId: string): Promise<Received> {
    this.#receive ??= await this.#transport("recv");
    const options = await this.#engine.consume(this.#receive.id, {
      producerId,
      rtpCapabilities: this.#device.recvRtpCapabilities as Parameters<
        MediaEngine["consume"]
      >[1]["rtpCapabilities"],
    });
    const consumer = await this.#receive.consume(options as types.ConsumerOptions);
    const received: Received = {
      kind: options.kind,
      consumerId: options.id,
      frames: 0,
      loudness: 0,
      width: 0,
    };
    if (options.kind === "video") {
      const sink = new RTCVideoSink(consumer.track);
      sink.onframe = ({ frame }: { frame: { width: number } }) => {
        received.frames++;
        received.width = frame.width;
      };
      this.#stops.unshift(() => sink.stop());
    } else {
      const sink = new RTCAudioSink(consumer.track);
      sink.ondata = ({ samples }: { samples: Int16Array }) => {
        let peak = 0;
        for (const value of samples) peak = Math.max(peak, Math.abs(value));
        received.loudness = peak / 32768;
        received.frames++;
      };
      this.#stops.unshift(() => sink.stop());
    }
    await this.#engine.setConsumerPaused(options.id, false);
    return received;
  }

  /** The receiving connection's own figures of the busiest stream of a kind (RTCInboundRtpStreamStats). */
  async inbound(kind: "audio" | "video"): Promise<Record<string, number>> {
    let busiest: Record<string, number> = {};
    for (const stats of (await this.#receive!.getStats()).values()) {
      if (stats.type !== "inbound-rtp" || stats.kind !== kind) continue;
      if (stats.packetsReceived >= (busiest["packetsReceived"] ?? 0)) busiest = stats;
    }
    return busiest;
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}
