import { expect } from "@std/expect";
import type { RtpCapabilities, RtpParameters } from "../../../rooms/contract/protocol/rtp.ts";
import { Random } from "../../../tests/fuzz/guard/random.ts";
import { HOLD_MS } from "../choose/demand.ts";
import { CAMERA, Lesson } from "../testing/simulated_lesson.ts";

const WIDTHS = [320, 640, 1280];
const FRAME_MS = 40;
const TICKS = FRAME_MS * 90;
const SSRC = 0xd0000000;

const SIMULCAST: RtpParameters = {
  ...CAMERA,
  encodings: WIDTHS.map((_, layer) => ({
    rid: `r${layer}`,
    ssrc: SSRC + layer,
    rtx: { ssrc: SSRC + 16 + layer },
  })),
};

/** The capabilities of a receiver that reports nothing: its layers follow sizes alone. */
function withoutFeedback({ core }: Lesson): RtpCapabilities {
  const { headerExtensions = [], ...others } = core.routerRtpCapabilities;
  return {
    ...others,
    headerExtensions: headerExtensions.filter(({ uri }) => !uri.includes("transport-wide")),
  };
}

/** A browser that sends three layers, each under numbers of its own, and answers requests for key frames. */
class Camera {
  readonly sequences = [10, 30_000, 65_500];
  readonly pictureIds = [5, 20_000, 32_760];
  readonly timestamps = [1000, 0x7fffff00, 0xfffff000];
  readonly active = [true, true, true];
  readonly #keys = [true, true, true];

  constructor(readonly lesson: Lesson, readonly lost = () => false) {}

  /** Asks that reached the browser become key frames. */
  answer(): void {
    for (const packet of this.lesson.take(this.lesson.ada.remote).rtcp) {
      if (packet.type === "picture-loss") this.#keys[packet.mediaSsrc - SSRC] = true;
    }
  }

  /** One frame of two packets of each layer that is on. */
  frame(): void {
    WIDTHS.forEach((width, layer) => {
      this.timestamps[layer]! += TICKS;
      if (!this.active[layer]) return;
      const key = this.#keys[layer]!;
      this.#keys[layer] = false;
      const pictureId = this.pictureIds[layer] = (this.pictureIds[layer]! + 1) & 0x7fff;
      for (const start of [true, false]) {
        const sequence = this.sequences[layer] = (this.sequences[layer]! + 1) & 0xffff;
        if (this.lost()) continue;
        this.lesson.publish({
          ssrc: SSRC + layer,
          sequence,
          timestamp: this.timestamps[layer]! >>> 0,
          payload: [
            ...[start ? 0x90 : 0x80, 0x80, 0x80 | (pictureId >> 8), pictureId & 255],
            ...(start && key ? [0, 0, 0, 0x9d, 1, 0x2a] : [1, 0, 0, 0, 0, 0]),
            ...(start && key ? [width & 255, width >> 8, 0, 1] : [layer]),
          ],
        });
      }
    });
  }
}

type Sent = ReturnType<Lesson["take"]>["rtp"][number];

const pictureOf = ({ payload }: Sent) => ((payload[2]! & 0x7f) << 8) | payload[3]!;
const isKeyStart = ({ payload }: Sent) => payload[0] === 0x90 && (payload[4]! & 1) === 0;
/** The layer of a packet, −1 where it doesn't tell. */
function layerOf(sent: Sent): number {
  if (isKeyStart(sent)) return WIDTHS.indexOf(sent.payload[10]! | (sent.payload[11]! << 8));
  return sent.payload[0] === 0x90 ? sent.payload[10]! : -1;
}

function play(lesson: Lesson, camera: Camera, frames: number): Sent[] {
  const sent: Sent[] = [];
  for (const { iceParameters, remote } of [lesson.ada, lesson.bob]) {
    lesson.check(iceParameters, remote);
  }
  for (let i = 0; i < frames; i++) {
    camera.answer();
    camera.frame();
    sent.push(...lesson.take(lesson.bob.remote).rtp);
    lesson.pass(FRAME_MS);
  }
  return sent;
}

const layersOf = (sent: Sent[]) => [...new Set(sent.map(layerOf).filter((layer) => layer >= 0))];

Deno.test("a small picture gets the low layer, and enlarged the high one, without a gap in any number", () => {
  const lesson = new Lesson();
  const camera = new Camera(lesson);
  const consumer = lesson.consume(lesson.produceCamera(SIMULCAST), withoutFeedback(lesson));
  play(lesson, camera, 5);
  lesson.core.setConsumerSize(consumer.id, 300, 170);
  const settling = play(lesson, camera, 30);
  const small = play(lesson, camera, 20);
  expect(layersOf(small)).toEqual([0]);
  lesson.core.setConsumerSize(consumer.id, 1200, 600);
  const growing = play(lesson, camera, 30);
  expect(layersOf(growing)).toEqual([0, 2]);
  const all = [...settling, ...small, ...growing];
  for (let i = 1; i < all.length; i++) {
    const [before, now] = [all[i - 1]!, all[i]!];
    expect((now.header.sequence - before.header.sequence) & 0xffff).toBe(1);
    const frames = now.payload[0] === 0x90 ? 1 : 0;
    expect((pictureOf(now) - pictureOf(before)) & 0x7fff).toBe(frames);
    const ticks = (now.header.timestamp - before.header.timestamp) >>> 0;
    // Up, both layers have a frame of the moment of the switch; the second one is a tick later.
    const switched = frames === 1 && layerOf(now) !== layerOf(all[i - 2]!);
    expect(ticks).toBe(switched && layerOf(now) === 2 ? 1 : frames * TICKS);
  }
});

Deno.test("the old layer goes on until the new one's key frame is there", () => {
  const lesson = new Lesson();
  const camera = new Camera(lesson);
  const consumer = lesson.consume(lesson.produceCamera(SIMULCAST), withoutFeedback(lesson));
  play(lesson, camera, 5);
  lesson.core.setConsumerSize(consumer.id, 300, 170);
  lesson.pass(500);
  expect(lesson.take(lesson.ada.remote).rtcp).toContainEqual({
    type: "picture-loss",
    senderSsrc: 1,
    mediaSsrc: SSRC,
  });
  lesson.take(lesson.bob.remote);
  for (let i = 0; i < 10; i++) camera.frame();
  expect(layersOf(lesson.take(lesson.bob.remote).rtp)).toEqual([2]);
  lesson.pass(1000);
  const after = play(lesson, camera, 2);
  expect(layersOf(after)).toEqual([0]);
  expect(isKeyStart(after[0]!)).toBe(true);
});

Deno.test("a layer that falls silent gives way to the next lower one that comes", () => {
  const lesson = new Lesson();
  const camera = new Camera(lesson);
  lesson.consume(lesson.produceCamera(SIMULCAST), withoutFeedback(lesson));
  play(lesson, camera, 5);
  camera.active[2] = false;
  expect(layersOf(play(lesson, camera, 60))).toEqual([1]);
  camera.active[2] = true;
  expect(layersOf(play(lesson, camera, 60).slice(-20))).toEqual([2]);
});

Deno.test("the publisher hears which layers are watched, and again when that changes", () => {
  const lesson = new Lesson();
  const camera = new Camera(lesson);
  const producerId = lesson.produceCamera(SIMULCAST);
  const consumer = lesson.consume(producerId, withoutFeedback(lesson));
  const active = () =>
    lesson.events.splice(0).flatMap((event) =>
      event.type === "demand" ? [event.encodings.map((encoding) => encoding.active)] : []
    );
  play(lesson, camera, 5);
  lesson.core.setConsumerSize(consumer.id, 640, 256);
  play(lesson, camera, 2 * HOLD_MS / FRAME_MS);
  expect(active()).toEqual([[true, true, false]]);
  lesson.core.setConsumerSize(consumer.id, 1200, 600);
  play(lesson, camera, 5);
  expect(active()).toEqual([[true, true, true]]);
  lesson.core.setConsumerPaused(consumer.id, true);
  play(lesson, camera, 2 * HOLD_MS / FRAME_MS);
  expect(active().at(-1)).toEqual([false, false, false]);
});

Deno.test("whatever is lost and however often the size changes, numbers grow and switches begin at key frames", () => {
  const seed = Deno.env.has("SEED") ? Number(Deno.env.get("SEED")) : Date.now() >>> 0;
  const random = new Random(seed);
  const lesson = new Lesson();
  const camera = new Camera(lesson, () => random.chance(0.05));
  const consumer = lesson.consume(lesson.produceCamera(SIMULCAST), withoutFeedback(lesson));
  let last: Sent | undefined;
  let layer = -1;
  let switches = 0;
  for (let round = 0; round < 60; round++) {
    const size = random.pick([[200, 100], [600, 250], [1200, 600]]);
    lesson.core.setConsumerSize(consumer.id, size[0]!, size[1]!);
    for (const sent of play(lesson, camera, 1 + random.below(30))) {
      const about = `seed ${seed}, round ${round}`;
      if (last !== undefined && sent.header.ssrc === consumer.ssrc) {
        const step = (sent.header.sequence - last.header.sequence) & 0xffff;
        expect({ about, ok: step >= 1 && step < 50 }).toEqual({ about, ok: true });
        const ticks = (sent.header.timestamp - last.header.timestamp) >>> 0;
        expect({ about, ok: ticks < 30 * TICKS }).toEqual({ about, ok: true });
      }
      if (layerOf(sent) >= 0 && layerOf(sent) !== layer) {
        expect({ about, key: isKeyStart(sent) }).toEqual({ about, key: true });
        layer = layerOf(sent);
        switches++;
      }
      last = sent;
    }
  }
  expect(switches).toBeGreaterThan(10);
});
