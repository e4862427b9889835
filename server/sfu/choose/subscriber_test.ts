import { expect } from "@std/expect";
import type { RtpCapabilities, RtpParameters } from "../../../rooms/contract/protocol/rtp.ts";
import type { EncodingDemand } from "./demand.ts";
import { findExtension } from "../packets/rtp.ts";
import {
  CAMERA,
  Lesson,
  MICROPHONE_SSRC,
  REDUNDANT_MICROPHONE,
  takesRed,
} from "../testing/simulated_lesson.ts";
import { type LinkOptions, SimulatedLink } from "../testing/simulated_link.ts";
import { ArrivalRecorder } from "../receive/twcc.ts";

const SSRC = 0xd0000000;
const BITRATES = [150_000, 500_000, 1_800_000];
const WIDTHS = [320, 640, 1280];
const FRAME_MS = 40;
const PACKET_BYTES = 1000;
const TRANSPORT_WIDE_ID = 5;

const VIDEO: RtpParameters = {
  ...CAMERA,
  encodings: BITRATES.map((maxBitrate, layer) => ({
    rid: `r${layer}`,
    ssrc: SSRC + layer,
    rtx: { ssrc: SSRC + 16 + layer },
    maxBitrate,
  })),
};

/** The capabilities of a browser that knows transport-wide numbers of video alone. */
function withoutCountedAudio({ headerExtensions = [], ...rest }: RtpCapabilities): RtpCapabilities {
  return {
    ...rest,
    headerExtensions: headerExtensions.filter(({ kind, uri }) =>
      kind === "video" || !uri.includes("transport-wide")
    ),
  };
}

/** What bob got in a second. */
interface Second {
  audioPackets: number;
  videoPackets: number;
  /** The layer of the last frame that told. */
  layer: number;
  kbps: number;
}

/** Ada's browser, which sends what is demanded; and bob's, behind a network, which tells what arrives. */
class Call {
  readonly lesson = new Lesson();
  readonly producerId = this.lesson.produceCamera(VIDEO);
  readonly video = this.lesson.consume(this.producerId);
  readonly audio: { id: string; ssrc: number };
  readonly #arrivals = new ArrivalRecorder();
  readonly #link: SimulatedLink;
  readonly #late: { atMs: number; act: () => void }[] = [];
  readonly #sequences = [100, 200, 300, 400];
  readonly #keys = [true, true, true];
  readonly #owed = [0, 0, 0];
  demand: EncodingDemand[] = BITRATES.map(() => ({ active: true, maxBitrate: null }));
  starved = false;
  /** Whether the server wants redundant audio; how often it did. */
  redundant = false;
  redundancies = 0;
  /** Bob's browser tells how much audio it misses. */
  tellsLoss = false;
  /** What Ada's encoder makes of the bitrate that it is told. */
  makes = 1;
  #sent = 0;
  #lost = 0;
  second: Second = { audioPackets: 0, videoPackets: 0, layer: -1, kbps: 0 };

  constructor(
    link: LinkOptions,
    readonly delayMs = link.delayMs,
    /** Whether audio has transport-wide numbers. */
    options = { countsAudio: true },
  ) {
    this.#link = new SimulatedLink(link);
    const capabilities = takesRed(this.lesson.core.routerRtpCapabilities);
    this.audio = this.lesson.consume(
      this.lesson.produceMicrophone(REDUNDANT_MICROPHONE),
      options.countsAudio ? capabilities : withoutCountedAudio(capabilities),
    );
    this.lesson.core.setConsumerSize(this.video.id, 1280, 720);
  }

  /** Plays so many seconds, and answers what came in each. */
  play(seconds: number): Second[] {
    return Array.from({ length: seconds }, () => {
      this.second = { ...this.second, audioPackets: 0, videoPackets: 0, kbps: 0 };
      for (const { iceParameters, remote } of [this.lesson.ada, this.lesson.bob]) {
        this.lesson.check(iceParameters, remote);
      }
      if (this.tellsLoss) this.#tellLoss();
      for (let ms = 0; ms < 1000; ms += 10) this.#step(ms);
      return this.second;
    });
  }

  #step(ms: number): void {
    const { lesson } = this;
    if (ms % 20 === 0) this.#speak();
    if (ms % FRAME_MS === 0) BITRATES.forEach((_, layer) => this.#film(layer));
    lesson.pass(10);
    this.#deliver();
    for (const event of lesson.events.splice(0)) {
      if (event.type === "demand") this.demand = event.encodings;
      if (event.type === "consumerStarved") this.starved = event.starved;
      if (event.type !== "redundancy") continue;
      this.redundant = event.wanted;
      if (event.wanted) this.redundancies++;
    }
    if (ms % 100 === 0) this.#giveFeedback();
    while (this.#late[0] !== undefined && this.#late[0].atMs <= lesson.nowMs) {
      this.#late.shift()!.act();
    }
  }

  #speak(): void {
    const sequence = this.#sequences[3] = (this.#sequences[3]! + 1) & 0xffff;
    const spoken = new Array(80).fill(7);
    const payload = this.redundant ? [0xef, 0x0f, 0, 80, 0x6f, ...spoken, ...spoken] : spoken;
    const payloadType = this.redundant ? 63 : 111;
    this.lesson.publish({ ssrc: MICROPHONE_SSRC, payloadType, sequence, payload });
  }

  #film(layer: number): void {
    const { active, maxBitrate } = this.demand[layer]!;
    if (!active) {
      this.#keys[layer] = true;
      return;
    }
    this.#owed[layer]! += this.makes * (maxBitrate ?? BITRATES[layer]!) * FRAME_MS / 8000;
    for (let first = true; first || this.#owed[layer]! > PACKET_BYTES; first = false) {
      const sequence = this.#sequences[layer] = (this.#sequences[layer]! + 1) & 0xffff;
      const key = first && this.#keys[layer]!;
      if (key) this.#keys[layer] = false;
      const length = Math.max(30, Math.min(PACKET_BYTES, this.#owed[layer]!));
      this.#owed[layer]! -= length;
      const width = WIDTHS[layer]!;
      this.lesson.publish({
        ssrc: SSRC + layer,
        sequence,
        timestamp: (this.lesson.nowMs * 90) >>> 0,
        payload: [
          first ? 0x10 : 0x00,
          ...(key
            ? [0, 0, 0, 0x9d, 1, 0x2a, width & 255, width >> 8]
            : [1, 0, 0, 0, 0, 0, layer, 0]),
          ...[(width * 9 / 16) & 255, (width * 9 / 16) >> 8],
          ...new Array(Math.round(length) - 11).fill(0),
        ],
      });
    }
  }

  /** Sends what the core sent through the network. */
  #deliver(): void {
    const { lesson } = this;
    const sent = lesson.socket.take();
    const toAda = sent.filter(({ to }) => to === lesson.ada.remote);
    for (const packet of lesson.read(toAda).rtcp) {
      if (packet.type === "picture-loss") this.#keys[packet.mediaSsrc - SSRC] = true;
    }
    for (const packet of lesson.read(sent.filter(({ to }) => to === lesson.bob.remote)).rtp) {
      const { bytes, header, payload } = packet;
      const atMs = this.#link.send(bytes.length + 44, lesson.nowMs);
      const at = findExtension(bytes, header, TRANSPORT_WIDE_ID, 2);
      if (header.ssrc === this.audio.ssrc) this.#sent++;
      if (header.ssrc === this.audio.ssrc && atMs === undefined) this.#lost++;
      if (atMs === undefined) continue;
      this.#later(atMs, () => {
        if (at >= 0) this.#arrivals.receive((bytes[at]! << 8) | bytes[at + 1]!, atMs);
        this.second.kbps += (bytes.length + 44) * 8 / 1000;
        if (header.ssrc === this.audio.ssrc) this.second.audioPackets++;
        if (header.ssrc !== this.video.ssrc || payload[0] !== 0x10) return;
        this.second.videoPackets++;
        const key = payload[1] === 0;
        this.second.layer = key ? WIDTHS.indexOf(payload[7]! | (payload[8]! << 8)) : payload[7]!;
      });
    }
  }

  #tellLoss(): void {
    this.lesson.reportLoss(this.audio.ssrc, this.#lost / Math.max(1, this.#sent));
    this.#sent = 0;
    this.#lost = 0;
  }

  #giveFeedback(): void {
    const feedback = this.#arrivals.take(1, this.video.ssrc);
    if (feedback === undefined) return;
    this.#later(this.lesson.nowMs + this.delayMs, () => {
      this.lesson.report([feedback], this.lesson.bob.remote);
    });
  }

  #later(atMs: number, act: () => void): void {
    this.#late.push({ atMs, act });
    this.#late.sort((a, b) => a.atMs - b.atMs);
  }
}

Deno.test("a wide path gets the best layer within two seconds, and layers in between are not demanded", () => {
  const call = new Call({ seed: 1, capacity: () => 20_000_000, delayMs: 20 });
  const seconds = call.play(8);
  expect(seconds[2]!.layer).toBe(2);
  expect(seconds.every(({ audioPackets }) => audioPackets >= 45)).toBe(true);
  expect(call.demand.map(({ active }) => active)).toEqual([true, false, true]);
  expect(call.demand[2]!.maxBitrate).toBeNull();
});

for (const cap of [200, 500, 1000]) {
  Deno.test(`a path of ${cap} kbit/s is filled by 80% with a layer made to measure, and audio never stops`, () => {
    for (const seed of [1, 2]) {
      const call = new Call({ seed, capacity: () => cap * 1000, delayMs: 40, jitterMs: 5 });
      call.play(8);
      const later = call.play(8);
      const about = `seed ${seed}`;
      const kbps = later.reduce((sum, second) => sum + second.kbps, 0) / later.length;
      expect({ about, ok: kbps > 0.8 * cap, kbps }).toEqual({ about, ok: true, kbps });
      expect(
        later.every(({ audioPackets, videoPackets }) => audioPackets >= 35 && videoPackets > 0),
      ).toBe(true);
      const { layer } = later.at(-1)!;
      expect(call.demand[layer]!.maxBitrate).toBeGreaterThan(0);
    }
  });
}

for (const cap of [200, 1000]) {
  Deno.test(`a path of ${cap} kbit/s is filled by nine tenths where audio isn't counted, and audio never stops`, () => {
    for (const seed of [1, 2]) {
      const link = { seed, capacity: () => cap * 1000, delayMs: 40, jitterMs: 5 };
      const call = new Call(link, link.delayMs, { countsAudio: false });
      call.play(10);
      const later = call.play(8);
      const about = `seed ${seed}`;
      const kbps = later.reduce((sum, second) => sum + second.kbps, 0) / later.length;
      expect({ about, ok: kbps > 0.9 * cap, kbps }).toEqual({ about, ok: true, kbps });
      expect(
        later.every(({ audioPackets, videoPackets }) => audioPackets >= 30 && videoPackets > 0),
      ).toBe(true);
    }
  });
}

for (const [cap, part] of [[500, 0.9], [1000, 0.85]] as const) {
  Deno.test(`an encoder that makes less than it is told still fills ${part * 100}% of ${cap} kbit/s`, () => {
    for (const seed of [1, 2]) {
      const call = new Call({ seed, capacity: () => cap * 1000, delayMs: 40, jitterMs: 5 });
      call.makes = 0.8;
      call.play(8);
      const later = call.play(16);
      const about = `seed ${seed}`;
      const kbps = later.reduce((sum, second) => sum + second.kbps, 0) / later.length;
      expect({ about, ok: kbps > part * cap, kbps }).toEqual({ about, ok: true, kbps });
      expect(
        later.every(({ audioPackets, videoPackets }) => audioPackets >= 35 && videoPackets > 0),
      ).toBe(true);
    }
  });
}

for (
  const [what, link] of Object.entries({
    "that loses 5% whatever is sent": { delayMs: 40, loss: 0.05 },
    "of 300 ms": { delayMs: 300, jitterMs: 10 },
  })
) {
  Deno.test(`a wide path ${what} gets the best layer too`, () => {
    for (const seed of [1, 2, 3]) {
      const call = new Call({ seed, capacity: () => 20_000_000, ...link });
      call.play(10);
      const later = call.play(6);
      const layers = later.map(({ layer }) => layer);
      expect({ seed, layers }).toEqual({ seed, layers: layers.map(() => 2) });
      expect(later.every(({ audioPackets }) => audioPackets >= 42)).toBe(true);
    }
  });
}

Deno.test("a cap that drops costs the best layer at once and audio nothing, and the layer comes back with the room", () => {
  for (const seed of [1, 2]) {
    const narrow = (nowMs: number) => nowMs > 1_010_000 && nowMs < 1_025_000;
    const capacity = (nowMs: number) => narrow(nowMs) ? 300_000 : 4_000_000;
    const call = new Call({ seed, capacity, delayMs: 40, jitterMs: 5 });
    const about = `seed ${seed}`;
    expect({ about, layer: call.play(9).at(-1)!.layer }).toEqual({ about, layer: 2 });
    const low = call.play(16).slice(6);
    expect(low.every(({ layer, videoPackets }) => layer < 2 && videoPackets > 0)).toBe(true);
    expect(low.every(({ audioPackets }) => audioPackets >= 40)).toBe(true);
    expect({ about, layer: call.play(15).at(-1)!.layer }).toEqual({ about, layer: 2 });
  }
});

Deno.test("where only audio fits the video stops with a word, and comes back when there is room", () => {
  const call = new Call({
    seed: 1,
    capacity: (nowMs) => nowMs < 1_020_000 ? 80_000 : 1_000_000,
    delayMs: 40,
    jitterMs: 30,
  });
  const narrow = call.play(19);
  expect(call.starved).toBe(true);
  expect(narrow.slice(10).every(({ audioPackets }) => audioPackets >= 40)).toBe(true);
  const wide = call.play(12);
  expect(call.starved).toBe(false);
  expect(wide.at(-1)!.videoPackets).toBeGreaterThan(20);
});

Deno.test("a recorded camera's best layer is taken as it is where there is room for all of it", () => {
  const call = new Call({ seed: 1, capacity: () => 20_000_000, delayMs: 20, jitterMs: 10 });
  call.lesson.core.record(call.producerId, 1);
  expect(call.play(6).at(-1)!.layer).toBe(2);
});

Deno.test("a recorded camera's best layer is lowered a little for a viewer whose network nearly bears it", () => {
  const call = new Call({ seed: 1, capacity: () => 1_800_000, delayMs: 40 });
  call.lesson.core.record(call.producerId, 1);
  call.play(12);
  const later = call.play(6);
  expect(later.every(({ layer }) => layer === 2)).toBe(true);
  expect(later.reduce((sum, { kbps }) => sum + kbps, 0) / later.length).toBeGreaterThan(1350);
  expect(call.demand[2]!.maxBitrate).toBeGreaterThanOrEqual(0.65 * 1_800_000);
});

Deno.test("a recorded camera keeps its best layer as it is, whatever a viewer's network bears", () => {
  const call = new Call({ seed: 1, capacity: () => 600_000, delayMs: 40 });
  call.lesson.core.record(call.producerId, 1);
  const seconds = call.play(15);
  expect(seconds.at(-1)!.layer).toBe(1);
  expect(call.demand[2]).toEqual({ active: true, maxBitrate: null });
});

Deno.test("a wide path that loses packets gets redundant audio, and its video stays the best", () => {
  for (const seed of [1, 2]) {
    const call = new Call({ seed, capacity: () => 20_000_000, delayMs: 40, loss: 0.05 });
    call.tellsLoss = true;
    call.play(10);
    const later = call.play(5);
    expect({ seed, redundant: call.redundant }).toEqual({ seed, redundant: true });
    expect(later.every(({ layer }) => layer === 2)).toBe(true);
  }
});

Deno.test("a path of 200 kbit/s never gets redundant audio: the video needs the room", () => {
  for (const seed of [1, 2]) {
    const call = new Call({ seed, capacity: () => 200_000, delayMs: 40, loss: 0.05 });
    call.tellsLoss = true;
    const seconds = call.play(20).slice(5);
    expect({ seed, redundancies: call.redundancies }).toEqual({ seed, redundancies: 0 });
    expect(seconds.every(({ videoPackets }) => videoPackets > 0)).toBe(true);
  }
});
