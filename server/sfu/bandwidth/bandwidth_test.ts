import { expect } from "@std/expect";
import { BandwidthEstimator } from "./bandwidth.ts";
import { type LinkOptions, SimulatedLink } from "../testing/simulated_link.ts";
import { ArrivalRecorder } from "../receive/twcc.ts";

const FEEDBACK_MS = 100;
const STEP_MS = 5;
const FRAME_MS = 40;
const AUDIO_BYTES = 120;
const PACKET_BYTES = 1100;

const START_MS = 10_000;

/** Sends audio and video that follows the estimate up to `most` over a network. */
class Session {
  readonly estimator = new BandwidthEstimator();
  /** The estimate every 100 ms, in kbit/s. */
  readonly kbps: number[] = [];
  /** The longest that a packet waited on its way, every 100 ms. */
  readonly worstDelayMs: number[] = [];
  paddingBytes = 0;
  readonly #arrivals = new ArrivalRecorder();
  readonly #inFlight: { sequence: number; atMs: number; sentMs: number }[] = [];
  readonly #backwards: { atMs: number; feedback: ReturnType<ArrivalRecorder["take"]> }[] = [];
  #worst = 0;
  #frameLeft = 0;

  constructor(
    private readonly network: SimulatedLink,
    private readonly delayMs: number,
    private readonly most: number,
  ) {}

  #send(bytes: number, nowMs: number): void {
    const sequence = this.estimator.send(bytes, nowMs);
    const atMs = this.network.send(bytes + 28, nowMs);
    if (atMs !== undefined) this.#inFlight.push({ sequence, atMs, sentMs: nowMs });
  }

  #hear(nowMs: number): void {
    while (this.#inFlight[0] !== undefined && this.#inFlight[0].atMs <= nowMs) {
      const { sequence, atMs, sentMs } = this.#inFlight.shift()!;
      this.#worst = Math.max(this.#worst, atMs - sentMs);
      this.#arrivals.receive(sequence, atMs);
    }
    if (nowMs % FEEDBACK_MS === 0) {
      this.#backwards.push({
        atMs: nowMs + this.delayMs,
        feedback: this.#arrivals.take(1, 2),
      });
      this.kbps.push((this.estimator.bitsPerSecond ?? 0) / 1000);
      this.worstDelayMs.push(this.#worst);
      this.#worst = 0;
    }
    while (this.#backwards[0] !== undefined && this.#backwards[0].atMs <= nowMs) {
      const { feedback } = this.#backwards.shift()!;
      if (feedback !== undefined) this.estimator.receive(feedback, nowMs);
    }
  }

  step(nowMs: number): void {
    const { estimator, most } = this;
    this.#hear(nowMs);
    estimator.tick(nowMs);
    if (nowMs % 20 === 0) this.#send(AUDIO_BYTES, nowMs);
    const rate = Math.min(most, Math.max(0, (estimator.bitsPerSecond ?? 300_000) * 0.95 - 60_000));
    if (nowMs % FRAME_MS === 0) this.#frameLeft += rate * FRAME_MS / 8000;
    // A publisher's pacer spreads its frames.
    for (let paced = 0; paced < 5 && this.#frameLeft >= PACKET_BYTES; paced++) {
      this.#send(PACKET_BYTES, nowMs);
      this.#frameLeft -= PACKET_BYTES + 28;
    }
    for (let due = estimator.paddingDue(most + 60_000, nowMs); due > 0; due -= 300) {
      this.paddingBytes += 300;
      this.#send(272, nowMs);
    }
  }
}

/** As many sessions through one network, each beginning five seconds after the one before, for so many seconds. */
function runTogether(link: LinkOptions, count: number, seconds: number, most = 2_500_000) {
  const network = new SimulatedLink(link);
  const sessions = Array.from(
    { length: count },
    () => new Session(network, link.delayMs, most),
  );
  for (let nowMs = START_MS; nowMs < START_MS + seconds * 1000; nowMs += STEP_MS) {
    sessions.forEach((session, i) => {
      if (nowMs >= START_MS + i * 5000) session.step(nowMs);
    });
  }
  return sessions;
}

function run(link: LinkOptions, seconds: number, most?: number): Session {
  return runTogether(link, 1, seconds, most)[0]!;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** The mean estimate between two seconds. */
const between = ({ kbps }: Session, from: number, to: number) =>
  mean(kbps.slice(from * 10, to * 10));

const SEEDS = [1, 2, 3];

Deno.test("nothing is claimed before feedback comes", () => {
  const estimator = new BandwidthEstimator();
  expect(estimator.bitsPerSecond).toBeUndefined();
  expect(estimator.expectsFeedback(0)).toBe(true);
  expect(estimator.send(1000, 5000)).toBe(2048);
  expect(estimator.expectsFeedback(5100)).toBe(true);
  estimator.tick(9000);
  expect(estimator.bitsPerSecond).toBeUndefined();
  expect(estimator.expectsFeedback(9000)).toBe(false);
});

Deno.test("on a wide path probes reach what is wanted within two seconds, and then stop", () => {
  const session = run({ seed: 1, capacity: () => 50_000_000, delayMs: 20 }, 10);
  expect(between(session, 3, 10)).toBeGreaterThan(2500);
  const long = run({ seed: 1, capacity: () => 50_000_000, delayMs: 20 }, 20);
  expect(long.paddingBytes).toBe(session.paddingBytes);
});

for (
  const [cap, delayMs] of [[200, 20], [200, 150], [1000, 20], [1000, 150], [1000, 300]] as const
) {
  Deno.test(`a cap of ${cap} kbit/s at ${delayMs} ms is used by 80% within 10 s without a standing queue`, () => {
    for (const seed of SEEDS) {
      const session = run({ seed, capacity: () => cap * 1000, delayMs, jitterMs: 5 }, 40);
      const used = between(session, 10, 40);
      const about = `seed ${seed}`;
      expect({ about, ok: used > 0.8 * cap && used < 1.1 * cap, used })
        .toEqual({ about, ok: true, used });
      const queue = mean(session.worstDelayMs.slice(100)) - delayMs;
      expect({ about, ok: queue < 150, queue }).toEqual({ about, ok: true, queue });
    }
  });
}

Deno.test("a cap that drops is followed within 3 s, and three quarters are back within 10 s of its return", () => {
  for (const seed of SEEDS) {
    const capacity = (nowMs: number) => nowMs < 30_000 || nowMs > 50_000 ? 2_000_000 : 300_000;
    const session = run({ seed, capacity, delayMs: 40, jitterMs: 5 }, 60);
    const about = `seed ${seed}`;
    const low = between(session, 23, 40);
    expect({ about, ok: low > 200 && low < 330, low }).toEqual({ about, ok: true, low });
    const back = between(session, 50, 60);
    expect({ about, ok: back > 1500, back }).toEqual({ about, ok: true, back });
  }
});

for (const detour of [80, 150, 280]) {
  Deno.test(`a path that becomes ${detour} ms longer is no queue for long`, () => {
    for (const seed of SEEDS) {
      const session = run({
        seed,
        capacity: () => 20_000_000,
        delayMs: 20,
        jitterMs: 5,
        detourMs: (nowMs) => nowMs > 20_000 ? detour : 0,
      }, 30);
      const about = `seed ${seed}`;
      const least = Math.min(...session.kbps.slice(100));
      const soon = between(session, 16, 20);
      expect({ about, ok: least > 1000 && soon > 2000, least, soon })
        .toEqual({ about, ok: true, least, soon });
    }
  });
}

for (const loss of [0.01, 0.05, 0.1]) {
  Deno.test(`${loss * 100}% of random loss costs no more than half of a wide path`, () => {
    for (const seed of SEEDS) {
      const session = run({ seed, capacity: () => 20_000_000, delayMs: 50, jitterMs: 5, loss }, 30);
      const about = `seed ${seed}`;
      const used = between(session, 10, 30);
      expect({ about, ok: used > 1300, used }).toEqual({ about, ok: true, used });
    }
  });
}

Deno.test("a path as unsteady as a busy computer makes it is no narrow one", () => {
  for (const seed of SEEDS) {
    const session = run({ seed, capacity: () => 20_000_000, delayMs: 20, jitterMs: 80 }, 15);
    const about = `seed ${seed}`;
    const used = between(session, 5, 15);
    expect({ about, ok: used > 2000, used }).toEqual({ about, ok: true, used });
  }
});

Deno.test("it gives way to others in the bottleneck, and takes the room back", () => {
  for (const seed of SEEDS) {
    const session = run({
      seed,
      capacity: () => 1_500_000,
      delayMs: 30,
      jitterMs: 5,
      others: (nowMs) => nowMs > 25_000 && nowMs < 45_000 ? 1_000_000 : 0,
    }, 60);
    const about = `seed ${seed}`;
    const shared = between(session, 20, 35);
    expect({ about, ok: shared < 700 && shared > 150, shared }).toEqual({
      about,
      ok: true,
      shared,
    });
    const alone = between(session, 45, 60);
    expect({ about, ok: alone > 1100, alone }).toEqual({ about, ok: true, alone });
  }
});

Deno.test("people behind one bottleneck share it: none starves, and together they use it", () => {
  for (const seed of SEEDS) {
    const link = { seed, capacity: () => 2_000_000, delayMs: 30, jitterMs: 5 };
    const sessions = runTogether(link, 3, 150);
    const shares = sessions.map((session) => mean(session.kbps.slice(-300)));
    const used = shares.reduce((sum, share) => sum + share, 0);
    const fair = Math.min(...shares) > 250 && used > 1500 && used < 2300;
    expect({ seed, fair, shares }).toEqual({ seed, fair: true, shares });
  }
});

Deno.test("a queue that was seen before a silence doesn't forbid to probe after it", () => {
  const { estimator } = run({ seed: 1, capacity: () => 80_000, delayMs: 20, queueMs: 800 }, 4);
  const due = (nowMs: number) => {
    estimator.tick(nowMs);
    return estimator.paddingDue(1_000_000, nowMs);
  };
  expect([due(14_000), due(14_020)]).toEqual([0, 0]);
  let most = 0;
  for (let nowMs = 16_000; nowMs < 24_000; nowMs += 20) most = Math.max(most, due(nowMs));
  expect(most).toBeGreaterThan(0);
});

Deno.test("silence of the receiver lowers the estimate, and after an outage it begins anew", () => {
  const { estimator, kbps } = run({ seed: 1, capacity: () => 5_000_000, delayMs: 20 }, 5);
  for (let nowMs = 15_000; nowMs < 19_000; nowMs += 10) {
    estimator.send(500, nowMs);
    estimator.tick(nowMs);
  }
  expect(estimator.bitsPerSecond! / 1000).toBeLessThan(kbps.at(-1)! / 3);
  const arrivals = new ArrivalRecorder();
  arrivals.receive(estimator.send(500, 20_000), 20_020);
  estimator.receive(arrivals.take(1, 2)!, 20_040);
  expect(estimator.bitsPerSecond).toBeGreaterThanOrEqual(500_000);
});
