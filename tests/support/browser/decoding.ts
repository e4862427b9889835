/** What a browser's decoders make of a recording's frames when somebody who has no key hands them over. */
import { FrameSealer } from "../../../rooms/contract/encryption/sealer.ts";
import { makeSecret } from "../../../rooms/contract/encryption/secret.ts";
import type { Page } from "playwright-core";

interface Frame {
  keyFrame: boolean;
  data: Uint8Array;
}

/** What is tried: bytes left away at the start and at the end, where an encrypted frame has what isn't the encoder's. */
export type Cut = readonly [head: number, tail: number];

const textOf = (frames: readonly Frame[]) =>
  frames.map(({ data, keyFrame }) => ({ keyFrame, text: data.toBase64() }));

/**
 * How many of a track's first pictures look like what was really to be seen when they are decoded one after the other, for
 * each cut. Of noise a decoder makes some picture now and then, but not that one.
 */
export function picturesShown(
  page: Page,
  { frames, real }: { frames: readonly Frame[]; real: readonly Frame[] },
  cuts: readonly Cut[],
): Promise<number[]> {
  return page.evaluate(async ({ frames, real, cuts }) => {
    const SIDE = 16;
    const canvas = new OffscreenCanvas(SIDE, SIDE);
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    /** The brightness of a small copy, about its mean. */
    const look = (frame: VideoFrame) => {
      context.drawImage(frame, 0, 0, SIDE, SIDE);
      const { data } = context.getImageData(0, 0, SIDE, SIDE);
      const light = Array.from(
        { length: SIDE * SIDE },
        (_, at) => data[4 * at]! + data[4 * at + 1]! + data[4 * at + 2]!,
      );
      const mean = light.reduce((sum, value) => sum + value, 0) / light.length;
      return light.map((value) => value - mean);
    };
    const product = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, at) => sum + value * b[at]!, 0);
    /** What is decoded, by the number of the frame. */
    const decode = async (pictures: readonly { keyFrame: boolean; text: string }[], cut: Cut) => {
      const [head, tail] = cut;
      const looks = new Map<number, number[]>();
      const open = () => {
        const decoder = new VideoDecoder({
          output: (frame) => {
            looks.set(frame.timestamp, look(frame));
            frame.close();
          },
          error: () => {},
        });
        decoder.configure({ codec: "vp8" });
        return decoder;
      };
      let decoder = open();
      for (const [timestamp, { text, keyFrame }] of pictures.entries()) {
        const whole = Uint8Array.fromBase64(text);
        const data = whole.subarray(head, whole.length - tail);
        const type = keyFrame ? "key" : "delta";
        if (decoder.state === "closed") decoder = open();
        try {
          decoder.decode(new EncodedVideoChunk({ type, timestamp, data }));
          // Whether it takes a key frame shows when it comes to it.
          while (keyFrame && decoder.decodeQueueSize > 0 && decoder.state !== "closed") {
            await new Promise((resolve) => setTimeout(resolve, 0));
          }
        } catch {
          // Refused; a fresh decoder wants a key frame first.
        }
      }
      if (decoder.state !== "closed") await decoder.flush().catch(() => {});
      return looks;
    };
    const truth = await decode(real, [0, 0]);
    const isSeen = ([timestamp, seen]: [number, number[]]) => {
      const should = truth.get(timestamp);
      if (should === undefined) return false;
      return product(seen, should) > 0.5 * Math.sqrt(product(seen, seen) * product(should, should));
    };
    const shown: number[] = [];
    for (const cut of cuts) shown.push([...await decode(frames, cut)].filter(isSeen).length);
    return shown;
  }, { frames: textOf(frames), real: textOf(real), cuts });
}

/**
 * How alike (0–1) what a decoder makes of a track's first sounds is to what was really to be heard, for each cut; and how
 * loud the real sound is.
 */
export function likeness(
  page: Page,
  { frames, real }: { frames: readonly Frame[]; real: readonly Frame[] },
  cuts: readonly Cut[],
): Promise<{ energy: number; alike: number[] }> {
  return page.evaluate(async ({ frames, real, cuts }) => {
    const decode = async (texts: readonly { text: string }[], [head, tail]: Cut) => {
      const sounds: Float32Array[] = texts.map(() => new Float32Array(0));
      let at = 0;
      const open = () => {
        const decoder = new AudioDecoder({
          output: (sound) => {
            const samples = new Float32Array(sound.numberOfFrames);
            sound.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
            sounds[at] = samples;
            sound.close();
          },
          error: () => {},
        });
        decoder.configure({ codec: "opus", sampleRate: 48_000, numberOfChannels: 2 });
        return decoder;
      };
      let decoder = open();
      for (; at < texts.length; at++) {
        const whole = Uint8Array.fromBase64(texts[at]!.text);
        const data = whole.subarray(head, whole.length - tail);
        if (decoder.state === "closed") decoder = open();
        try {
          decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: at * 20_000, data }));
          await decoder.flush();
        } catch {
          // Nothing comes of it.
        }
      }
      return sounds;
    };
    const product = (a: readonly Float32Array[], b: readonly Float32Array[]) => {
      let sum = 0;
      for (const [index, samples] of a.entries()) {
        const others = b[index]!;
        const length = Math.min(samples.length, others.length);
        for (let i = 0; i < length; i++) sum += samples[i]! * others[i]!;
      }
      return sum;
    };
    const truth = await decode(real, [0, 0]);
    const energy = product(truth, truth);
    const alike: number[] = [];
    for (const cut of cuts) {
      const heard = await decode(frames, cut);
      const scale = Math.sqrt(product(heard, heard) * energy);
      alike.push(scale === 0 ? 0 : Math.abs(product(heard, truth)) / scale);
    }
    return { energy, alike };
  }, { frames: textOf(frames), real: textOf(real), cuts });
}

/** What two consumers of one page's picture are sent, and what each is to hand on. */
interface ReplayTask {
  begin: { participantId: string; sender: number };
  secret: number[];
  source: "video";
  first: number[][];
  second: number[][];
}

/** Frames of one page; the second consumer is sent those of the first once more, and then a new one. */
export async function framesToReplay() {
  const page = { participantId: "tara", sender: 7 };
  const sealer = new FrameSealer(page);
  const secret = await makeSecret();
  await sealer.enter(secret);
  const plain = [0, 1, 1, 0].map((kind, number) =>
    Array.from({ length: 30 }, (_, at) => at === 0 ? kind : number)
  );
  const sealed = [];
  for (const frame of plain) sealed.push([...(await sealer.seal(new Uint8Array(frame), "video"))!]);
  const task: ReplayTask = {
    begin: page,
    secret: [...secret.bytes],
    source: "video",
    first: sealed.slice(0, 3),
    second: sealed,
  };
  return { task, first: plain.slice(0, 3), second: plain.slice(3) };
}

/**
 * In a page that is in an encrypted lesson, with a worker as it has one itself: what comes out of one consumer, and then
 * of another one of the same source. Runs in the page, so it uses nothing from outside.
 */
export async function decryptByTwoConsumers({ begin, secret, source, first, second }: ReplayTask) {
  const url = performance.getEntriesByType("resource")
    .map(({ name }) => name).find((name) => /\/worker-[\w-]+\.js$/.test(name));
  if (url === undefined) throw new Error("this page has no worker");
  const worker = new Worker(url, { type: "module" });
  const { participantId, sender } = begin;
  worker.postMessage({ op: "begin", ...begin });
  worker.postMessage({ op: "enter", secret: new Uint8Array(secret) });
  worker.postMessage({ op: "senders", senders: new Map([[participantId, sender]]) });
  const consume = async (frames: number[][]) => {
    const sent = new TransformStream<{ data: ArrayBuffer }>();
    const shown = new TransformStream<{ data: ArrayBuffer }>();
    const { readable } = sent;
    const { writable } = shown;
    const task = { role: "decrypt", source, participantId, consumerId: "c" };
    worker.postMessage({ op: "streams", task, readable, writable }, [readable, writable]);
    const writer = sent.writable.getWriter();
    const reading = (async () => {
      const taken: number[][] = [];
      for (const reader = shown.readable.getReader();;) {
        const { value, done } = await reader.read();
        if (done) return taken;
        taken.push([...new Uint8Array(value.data)]);
      }
    })();
    for (const frame of frames) await writer.write({ data: new Uint8Array(frame).buffer });
    await writer.close();
    return await reading;
  };
  try {
    return { first: await consume(first), second: await consume(second) };
  } finally {
    worker.terminate();
  }
}
