/**
 * Tells from send and arrival times whether a queue on the path grows: the delay-based half of Google congestion
 * control (draft-ietf-rmcat-gcc-02 §5), with the trend-line filter and adaptive threshold of libwebrtc.
 *
 * Pure: times come in, a verdict comes out. Only differences of times matter, so the two clocks need not agree.
 */

export type Usage = "normal" | "overuse" | "underuse";

/** Packets sent within this time are one group: their spacing tells about the sender. */
const GROUP_MS = 5;
/** Packets that a network held back arrive in one go; they stay in their group. */
const BURST_MS = 5;
const MAX_BURST_MS = 100;
/** Groups under the line. */
const WINDOW = 20;
const SMOOTHING = 0.9;
const GAIN = 4;
const MAX_DELTAS = 60;
const OVERUSE_MS = 10;
const THRESHOLD = { start: 12.5, min: 6, max: 600, up: 0.0087, down: 0.039, outlier: 15 };
/** A pause longer than that begins anew: clocks drift, routes change. */
const RESET_MS = 3000;

interface Group {
  firstSentMs: number;
  sentMs: number;
  firstArrivedMs: number;
  arrivedMs: number;
}

export class DelayTrend {
  #group: Group | undefined;
  #before: Group | undefined;
  #deltas = 0;
  #accumulatedMs = 0;
  #smoothedMs = 0;
  readonly #points: { atMs: number; delayMs: number }[] = [];
  #threshold = THRESHOLD.start;
  #lastUpdateMs = -1;
  #overusingMs = -1;
  #overuses = 0;
  #trendBefore = 0;
  #usage: Usage = "normal";

  get usage(): Usage {
    return this.#usage;
  }

  /** Takes a packet, in the order of sending. */
  packet(sentMs: number, arrivedMs: number): void {
    const group = this.#group;
    if (group === undefined || sentMs - group.sentMs > RESET_MS) {
      this.#reset();
      this.#group = newGroup(sentMs, arrivedMs);
      return;
    }
    if (sentMs - group.firstSentMs <= GROUP_MS || isBurst(group, sentMs, arrivedMs)) {
      group.sentMs = Math.max(group.sentMs, sentMs);
      group.arrivedMs = Math.max(group.arrivedMs, arrivedMs);
      return;
    }
    if (this.#before !== undefined) this.#compare(this.#before, group);
    this.#before = group;
    this.#group = newGroup(sentMs, arrivedMs);
  }

  #reset(): void {
    this.#before = undefined;
    this.#deltas = 0;
    this.#accumulatedMs = 0;
    this.#smoothedMs = 0;
    this.#points.length = 0;
    this.#usage = "normal";
    this.#overusingMs = -1;
  }

  #compare(before: Group, group: Group): void {
    const sentMs = group.sentMs - before.sentMs;
    const arrivedMs = group.arrivedMs - before.arrivedMs;
    if (arrivedMs < 0) return;
    this.#deltas++;
    this.#accumulatedMs += arrivedMs - sentMs;
    this.#smoothedMs = SMOOTHING * this.#smoothedMs + (1 - SMOOTHING) * this.#accumulatedMs;
    this.#points.push({ atMs: group.arrivedMs, delayMs: this.#smoothedMs });
    if (this.#points.length > WINDOW) this.#points.shift();
    const trend = this.#points.length === WINDOW ? slope(this.#points) : this.#trendBefore;
    this.#detect(trend, sentMs, group.arrivedMs);
  }

  #detect(trend: number, sentMs: number, nowMs: number): void {
    const strength = Math.min(this.#deltas, MAX_DELTAS) * trend * GAIN;
    if (strength > this.#threshold) {
      this.#overusingMs = this.#overusingMs < 0 ? sentMs / 2 : this.#overusingMs + sentMs;
      this.#overuses++;
      if (this.#overusingMs > OVERUSE_MS && this.#overuses > 1 && trend >= this.#trendBefore) {
        this.#overusingMs = 0;
        this.#overuses = 0;
        this.#usage = "overuse";
      }
    } else {
      this.#overusingMs = -1;
      this.#overuses = 0;
      this.#usage = strength < -this.#threshold ? "underuse" : "normal";
    }
    this.#trendBefore = trend;
    this.#adapt(Math.abs(strength), nowMs);
  }

  #adapt(strength: number, nowMs: number): void {
    const elapsedMs = this.#lastUpdateMs < 0 ? 0 : Math.min(100, nowMs - this.#lastUpdateMs);
    this.#lastUpdateMs = nowMs;
    // A sudden jump, such as a change of route, says nothing about the usual noise.
    if (strength > this.#threshold + THRESHOLD.outlier) return;
    const speed = strength < this.#threshold ? THRESHOLD.down : THRESHOLD.up;
    const threshold = this.#threshold + speed * (strength - this.#threshold) * elapsedMs;
    this.#threshold = Math.min(THRESHOLD.max, Math.max(THRESHOLD.min, threshold));
  }
}

function newGroup(sentMs: number, arrivedMs: number): Group {
  return { firstSentMs: sentMs, sentMs, firstArrivedMs: arrivedMs, arrivedMs };
}

function isBurst(group: Group, sentMs: number, arrivedMs: number): boolean {
  const arrivalMs = arrivedMs - group.arrivedMs;
  return arrivalMs <= BURST_MS && arrivalMs - (sentMs - group.sentMs) < 0 &&
    arrivedMs - group.firstArrivedMs < MAX_BURST_MS;
}

/** Slope of the least-squares line, in ms of delay a ms. */
function slope(points: readonly { atMs: number; delayMs: number }[]): number {
  const first = points[0]!.atMs;
  let sumAt = 0;
  let sumDelay = 0;
  for (const { atMs, delayMs } of points) {
    sumAt += atMs - first;
    sumDelay += delayMs;
  }
  const meanAt = sumAt / points.length;
  const meanDelay = sumDelay / points.length;
  let numerator = 0;
  let denominator = 0;
  for (const { atMs, delayMs } of points) {
    const at = atMs - first - meanAt;
    numerator += at * (delayMs - meanDelay);
    denominator += at * at;
  }
  return denominator === 0 ? 0 : numerator / denominator;
}
