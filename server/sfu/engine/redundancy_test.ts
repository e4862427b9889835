import { expect } from "@std/expect";
import {
  CAMERA,
  CAMERA_SSRC,
  Lesson,
  MICROPHONE_SSRC,
  REDUNDANT_MICROPHONE,
  takesRed,
} from "../testing/simulated_lesson.ts";

const PLAIN = 100;
const RED = 103;
const SPOKEN = [1, 2, 3, 4];
const REPEATED = [9, 8, 7];

/** As Chromium packs it: {@linkcode REPEATED}, 960 ticks old, and {@linkcode SPOKEN}. */
const packed = (payloadType: number) =>
  [0x80 | payloadType, 0x0f, 0, 3, payloadType].concat(REPEATED, SPOKEN);

/** Ada may send redundant audio; bob takes it, and charlie doesn't. */
class Scene {
  readonly lesson = new Lesson();
  readonly producerId = this.lesson.produceMicrophone(REDUNDANT_MICROPHONE);
  readonly bob: { ssrc: number };
  readonly charlie = this.lesson.join("recv", 1003);
  #sequence = 1000;

  constructor() {
    const { core } = this.lesson;
    const capabilities = core.routerRtpCapabilities;
    this.bob = this.lesson.consume(this.producerId, takesRed(capabilities));
    const { id } = core.consume(this.charlie.id, {
      producerId: this.producerId,
      rtpCapabilities: capabilities,
    });
    core.setConsumerPaused(id, false);
    this.speak(packed(111), 63);
    this.takeAll();
  }

  speak(payload: number[], payloadType: number, sequence = this.#sequence++, ticks = 0): void {
    this.lesson.publish({
      ssrc: MICROPHONE_SSRC,
      payloadType,
      sequence,
      timestamp: sequence * 960 + ticks,
      payload,
    });
  }

  lose(): number {
    return this.#sequence++;
  }

  takeAll() {
    const sent = this.lesson.socket.take();
    const of = (to: { remote: unknown }) =>
      this.lesson.read(sent.filter((datagram) => datagram.to === to.remote)).rtp
        .map(({ header: { payloadType, sequence, timestamp }, payload }) => ({
          payloadType,
          sequence,
          timestamp,
          payload,
        }));
    return { bob: of(this.lesson.bob), charlie: of(this.charlie) };
  }

  /** Bob's browser tells what part of the packets it missed. */
  reportLoss(fractionLost: number): void {
    this.lesson.reportLoss(this.bob.ssrc, fractionLost);
    this.lesson.pass(200);
    this.takeAll();
  }

  /** What ada was told since the last call. */
  told(): boolean[] {
    return this.lesson.events.splice(0).flatMap((event) =>
      event.type === "redundancy" ? [event.wanted] : []
    );
  }

  /** Lets seconds pass in which everybody's browser keeps its consent. */
  pass(seconds: number): void {
    const { lesson } = this;
    for (let s = 0; s < seconds; s++) {
      for (const { iceParameters, remote } of [lesson.ada, lesson.bob, this.charlie]) {
        lesson.check(iceParameters, remote);
      }
      lesson.pass(1000);
    }
    this.takeAll();
  }
}

Deno.test("while nothing is lost everybody gets plain audio of a redundant packet", () => {
  const scene = new Scene();
  scene.speak(packed(111), 63);
  const { bob, charlie } = scene.takeAll();
  expect(bob).toMatchObject([{ payloadType: PLAIN, payload: SPOKEN }]);
  expect(charlie).toMatchObject([{ payloadType: PLAIN, payload: SPOKEN }]);
  expect(scene.told()).toEqual([]);
});

Deno.test("whoever loses packets gets the redundant ones whole, in the router's numbers, others plain ones", () => {
  const scene = new Scene();
  scene.reportLoss(0.1);
  expect(scene.told()).toEqual([true]);
  scene.speak(packed(111), 63);
  const { bob, charlie } = scene.takeAll();
  expect(bob).toMatchObject([{ payloadType: RED, payload: packed(PLAIN) }]);
  expect(charlie).toMatchObject([{ payloadType: PLAIN, payload: SPOKEN }]);
});

Deno.test("plain and redundant packets share one numbering without a gap", () => {
  const scene = new Scene();
  scene.reportLoss(0.1);
  scene.speak(packed(111), 63);
  scene.speak(SPOKEN, 111);
  scene.speak(packed(111), 63);
  const { bob, charlie } = scene.takeAll();
  expect(bob.map(({ payloadType }) => payloadType)).toEqual([RED, PLAIN, RED]);
  for (const received of [bob, charlie]) {
    const first = received[0]!.sequence;
    expect(received.map(({ sequence }) => sequence - first)).toEqual([0, 1, 2]);
  }
});

Deno.test("loss on the publisher's own path asks for redundancy, and what was lost is made up for, to everybody in turn", () => {
  const scene = new Scene();
  const { core } = scene.lesson;
  core.record(scene.producerId, 5);
  for (let i = 0; i < 100; i++) {
    if (i % 10 === 0) scene.lose();
    else scene.speak(SPOKEN, 111);
    scene.lesson.pass(20);
  }
  expect(scene.told()).toEqual([true]);
  scene.takeAll();
  scene.lesson.recorded.length = 0;
  scene.speak(packed(111), 63);
  scene.lose();
  scene.speak(packed(111), 63);
  const { bob, charlie } = scene.takeAll();
  for (const received of [bob, charlie]) {
    const first = received[0]!;
    expect(received.map(({ sequence }) => sequence - first.sequence)).toEqual([0, 1, 2]);
    expect(received.map(({ timestamp }) => timestamp - first.timestamp)).toEqual([0, 960, 1920]);
    expect(received.map(({ payload }) => payload)).toEqual([SPOKEN, REPEATED, SPOKEN]);
    expect(received.every(({ payloadType }) => payloadType === PLAIN)).toBe(true);
  }
  expect(scene.lesson.recorded.map(({ payload }) => payload)).toEqual([SPOKEN, REPEATED, SPOKEN]);
});

Deno.test("what was made up for isn't sent again when it comes late, and didn't get lost", () => {
  const scene = new Scene();
  const late = scene.lose();
  scene.speak(packed(111), 63);
  expect(scene.takeAll().charlie.map(({ payload }) => payload)).toEqual([REPEATED, SPOKEN]);
  scene.speak(packed(111), 63, late);
  expect(scene.takeAll()).toEqual({ bob: [], charlie: [] });
  expect(scene.lesson.core.stats(scene.lesson.routerId)).toMatchObject([{ lost: 0 }]);
});

Deno.test("after a pause of the voice nothing is made up for: what is repeated came already", () => {
  const scene = new Scene();
  scene.speak(packed(111), 63);
  scene.takeAll();
  scene.lose();
  // What is repeated was spoken before the pause, 960 ticks before this.
  scene.speak(packed(111), 63, undefined, -960);
  expect(scene.takeAll().charlie.map(({ payload }) => payload)).toEqual([SPOKEN]);
});

Deno.test("when nothing has been lost for long the publisher may stop", () => {
  const scene = new Scene();
  scene.reportLoss(0.1);
  expect(scene.told()).toEqual([true]);
  scene.pass(20);
  expect(scene.told()).toEqual([]);
  scene.pass(30);
  expect(scene.told()).toEqual([false]);
});

Deno.test("malformed redundancy is counted and goes to nobody", () => {
  const scene = new Scene();
  scene.reportLoss(0.1);
  const { rtpRejected } = scene.lesson.core.counters();
  scene.speak([0x80 | 111, 0x0f, 3, 255, 111, 9, 8, 7], 63);
  scene.speak([0x80 | 110, 0x0f, 0, 1, 111, 9, 8, 7], 63);
  scene.speak([], 63);
  expect(scene.takeAll()).toEqual({ bob: [], charlie: [] });
  expect(scene.lesson.core.counters()["rtpRejected"]! - rtpRejected!).toBe(3);
});

Deno.test("the recorder gets plain audio", () => {
  const scene = new Scene();
  scene.lesson.core.record(scene.producerId, 5);
  scene.reportLoss(0.1);
  scene.speak(packed(111), 63);
  scene.speak(SPOKEN, 111);
  expect(scene.lesson.recorded).toEqual([
    { track: 5, payload: SPOKEN },
    { track: 5, payload: SPOKEN },
  ]);
});

Deno.test("redundant packets of a publisher that announced none are refused", () => {
  const lesson = new Lesson();
  lesson.consume(lesson.produceMicrophone(), takesRed(lesson.core.routerRtpCapabilities));
  lesson.publish({ ssrc: MICROPHONE_SSRC, payloadType: 63, sequence: 1, payload: packed(111) });
  expect(lesson.take(lesson.bob.remote).rtp).toEqual([]);
});

Deno.test("video has no redundancy, whatever codecs its publisher names", () => {
  const lesson = new Lesson();
  const red = { mimeType: "audio/red", payloadType: 63, clockRate: 90000 };
  const producerId = lesson.produceCamera({ ...CAMERA, codecs: [...CAMERA.codecs, red] });
  lesson.consume(producerId, takesRed(lesson.core.routerRtpCapabilities));
  lesson.publish({ ssrc: CAMERA_SSRC, payloadType: 63, sequence: 1, payload: [96, 0x10, 0] });
  expect(lesson.take(lesson.bob.remote).rtp).toEqual([]);
});
