import { expect } from "@std/expect";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import { KeyRing } from "../../rooms/contract/encryption/key_ring.ts";
import { FrameSealer } from "../../rooms/contract/encryption/sealer.ts";
import { makeSecret, type Secret } from "../../rooms/contract/encryption/secret.ts";
import type { EncodedFrame } from "./encoded_frames.ts";
import { ReceivedSource } from "./receiving.ts";
import { SeenFrames } from "./seen_frames.ts";

const SENDER = 7;

class Stream {
  readonly ring = new KeyRing();
  readonly sealer = new FrameSealer({ participantId: "tara", sender: SENDER });
  readonly played: number[] = [];
  readonly missing: number[] = [];
  readonly waiting: boolean[] = [];
  keyFrames = 0;
  now = 0;
  sender: number | undefined = SENDER;
  readonly #seen = new SeenFrames();
  #received: ReceivedSource;

  constructor(readonly source: MediaSource) {
    this.#received = this.#receive();
  }

  /** From here on another consumer receives, as one that the server lets make anew. */
  consumeAnew(): void {
    this.#received = this.#receive();
  }

  #receive(): ReceivedSource {
    return new ReceivedSource({ participantId: "tara", source: this.source }, {
      ring: this.ring,
      seen: this.#seen,
      sender: () => this.sender,
      missing: (epoch) => this.missing.push(epoch),
      waiting: (waiting) => this.waiting.push(waiting),
      askKeyFrame: () => this.keyFrames++,
      now: () => this.now,
    }, ({ data }) => this.played.push(new Uint8Array(data)[1]!));
  }

  /** Enters an epoch, whose key the receiver has or hasn't yet. */
  async enter(known: boolean): Promise<Secret> {
    const secret = await makeSecret();
    await this.sealer.enter(secret);
    if (known) this.ring.add(secret);
    return secret;
  }

  async frame(number: number, keyFrame = false): Promise<EncodedFrame> {
    const frame = new Uint8Array(40);
    frame[0] = keyFrame ? 0 : 1;
    frame[1] = number;
    const sealed = await this.sealer.seal(frame, this.source);
    return { data: sealed!.buffer };
  }

  async take(...frames: EncodedFrame[]): Promise<void> {
    for (const frame of frames) await this.#received.take(frame);
  }

  /** A key came. */
  async learn(secret: Secret): Promise<void> {
    this.ring.add(secret);
    await this.#received.pump();
  }
}

Deno.test("Frames of an epoch whose key is on its way are held, and go on in order when it is here", async () => {
  const stream = new Stream("video");
  await stream.enter(true);
  await stream.take(await stream.frame(1, true));
  const next = await stream.enter(false);
  stream.now = 1000;
  await stream.take(await stream.frame(2));
  stream.now = 1500;
  await stream.take(await stream.frame(3));
  expect(stream.played).toEqual([1]);
  expect(stream.missing).toContain(next.epoch);
  expect(stream.waiting).toEqual([true]);
  await stream.learn(next);
  expect(stream.played).toEqual([1, 2, 3]);
  expect(stream.waiting).toEqual([true, false]);
  expect(stream.keyFrames).toBe(0);
});

Deno.test("Frames from before one came, whose key nobody gives any more, don't hold up what can be read", async () => {
  const stream = new Stream("video");
  await stream.enter(false);
  await stream.take(await stream.frame(1, true), await stream.frame(2));
  expect(stream.keyFrames).toBe(0);
  await stream.enter(true);
  await stream.take(await stream.frame(3));
  expect([stream.played, stream.keyFrames]).toEqual([[], 1]);
  await stream.take(await stream.frame(4, true), await stream.frame(5));
  expect(stream.played).toEqual([4, 5]);

  const audio = new Stream("audio");
  await audio.enter(false);
  const [before, next] = [await audio.frame(1), await audio.enter(false)];
  await audio.take(before, await audio.frame(2));
  expect(audio.played).toEqual([]);
  await audio.learn(next);
  expect(audio.played).toEqual([2]);
});

Deno.test("A video that lost a frame goes on with a key frame, and asks for it", async () => {
  const stream = new Stream("video");
  const secret = await stream.enter(false);
  for (let number = 1; number <= 130; number++) await stream.take(await stream.frame(number));
  await stream.learn(secret);
  expect(stream.played).toEqual([]);
  expect(stream.keyFrames).toBe(1);
  await stream.take(await stream.frame(131, true), await stream.frame(132));
  expect(stream.played).toEqual([131, 132]);
});

Deno.test("Late audio is let go, and audio needs no key frame", async () => {
  const stream = new Stream("audio");
  const secret = await stream.enter(false);
  for (let number = 1; number <= 30; number++) await stream.take(await stream.frame(number));
  await stream.learn(secret);
  expect(stream.played).toEqual(Array.from({ length: 25 }, (_, at) => at + 6));
  expect(stream.keyFrames).toBe(0);
});

Deno.test("What is in clear, altered, of another page or sent again doesn't reach the decoder", async () => {
  const stream = new Stream("audio");
  await stream.enter(true);
  const frame = await stream.frame(1);
  const again: EncodedFrame = { data: frame.data.slice(0) };
  await stream.take(frame, again);
  await stream.take({ data: new Uint8Array(40).buffer }, { data: new ArrayBuffer(0) });
  const altered = await stream.frame(2);
  new Uint8Array(altered.data)[5]! ^= 1;
  await stream.take(altered);
  stream.sender = SENDER + 1;
  await stream.take(await stream.frame(3));
  expect(stream.played).toEqual([1]);
});

Deno.test("A consumer that is made anew takes nothing that one before it took, and goes on with what is new", async () => {
  for (const source of ["video", "audio"] as const) {
    const stream = new Stream(source);
    await stream.enter(true);
    const sent = [await stream.frame(1, true), await stream.frame(2), await stream.frame(3)];
    const again = sent.map(({ data }) => ({ data: data.slice(0) }));
    await stream.take(...sent);
    stream.consumeAnew();
    await stream.take(...again, await stream.frame(4, true), await stream.frame(5));
    expect([source, stream.played]).toEqual([source, [1, 2, 3, 4, 5]]);
  }
});

Deno.test("Frames of a page that was loaded anew are taken from its first counter on", async () => {
  const stream = new Stream("audio");
  const secret = await stream.enter(true);
  await stream.take(await stream.frame(1), await stream.frame(2));
  stream.sender = SENDER + 1;
  const reloaded = new FrameSealer({ participantId: "tara", sender: SENDER + 1 });
  await reloaded.enter(secret);
  const sealed = await reloaded.seal(new Uint8Array([1, 3, 3, 3]), "audio");
  await stream.take({ data: sealed!.buffer });
  expect(stream.played).toEqual([1, 2, 3]);
});

Deno.test("An epoch that another one superseded is forgotten: somebody gone, who has it too, is not heard in it", async () => {
  const stream = new Stream("audio");
  await stream.enter(true);
  const [late, forged] = [await stream.frame(1), await stream.frame(2)];
  const forget = stream.ring.supersede(await makeSecret());
  await stream.take(late);
  forget();
  await stream.take(forged);
  expect(stream.played).toEqual([1]);
});

Deno.test("Frames that come before the roster says whose they are wait for it", async () => {
  const stream = new Stream("video");
  stream.sender = undefined;
  const secret = await stream.enter(true);
  await stream.take(await stream.frame(1, true), await stream.frame(2));
  expect(stream.played).toEqual([]);
  stream.sender = SENDER;
  await stream.learn(secret);
  expect(stream.played).toEqual([1, 2]);
});
