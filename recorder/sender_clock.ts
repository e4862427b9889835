/**
 * Places a sender's frames on the recording's timeline by their RTP timestamps.
 *
 * Sender reports turn a timestamp into the sender's wall clock, which all its tracks share, so that audio and video
 * stay together. That clock is compared with ours by the quickest packets of the last while: delay only ever adds.
 * Before reports agree a track stands by its own quickest packets.
 *
 * Neither what arrives late nor a single report is trusted: a report counts when others agree with it, a wall clock
 * that is set moves nothing, and of packets that come later than before only so much is followed as a clock can drift.
 * No I/O: times come in as arguments, all in ms.
 */

/** Quickest packets are looked for in windows of this length. */
const WINDOW_MS = 10_000;
/** Windows by which a clock's drift is judged. */
const MAX_WINDOWS = 36;
const LEAST_WINDOWS = 6;
/** Clocks of sound cards are off by some hundred millionths at most. */
const MAX_DRIFT = 0.001;
/** A window whose quickest packet is later by more than this was held up on its way: no clock drifts so far in it. */
const HELD_UP_MS = 10;
/** By how much a clock may be off its known drift, and off ours while its drift isn't known. */
const UNSURE = { known: 0.00002, unknown: 0.0001 } as const;
/** What comes this much later, or earlier, for two seconds is another timeline. */
const BEGINS_ANEW_MS = 4000;
const ANEW_AFTER_MS = 2000;

/** The least difference between our clock and another, as far as delay on the way lets it be seen. */
export class OffsetEstimator {
  #offset: number | undefined;
  #at = -Infinity;
  #drift = 0;
  #windowEnd = -Infinity;
  #least = Infinity;
  #windows: { at: number; least: number }[] = [];
  /** The end of the last window that wasn't held up. */
  #soundAt = -Infinity;
  #shortEnd = -Infinity;
  #shortLeast = Infinity;

  /** A packet that was sent at `theirs` came at `ours`. True when their clock began anew. */
  add(ours: number, theirs: number): boolean {
    const difference = ours - theirs;
    if (this.#offset === undefined) {
      this.#begin(ours, difference);
      return false;
    }
    const now = Math.max(ours, this.#at);
    let offset = this.#offset + this.#drift * (now - this.#at);
    if (now >= this.#windowEnd) offset = this.#endWindow(now, offset);
    this.#least = Math.min(this.#least, difference);
    if (offset - difference > BEGINS_ANEW_MS || this.#isAnew(now, difference, offset)) {
      this.#begin(ours, difference);
      return true;
    }
    this.#at = now;
    this.#offset = Math.min(offset, difference);
    return false;
  }

  /** To be added to their clock; undefined before the first packet. */
  get offset(): number | undefined {
    return this.#offset;
  }

  /** Knows what `other` knows, of a clock that is ahead of that one's by `aheadMs`. */
  adopt(other: OffsetEstimator, aheadMs: number): void {
    if (other.#offset === undefined) return;
    this.#begin(other.#at, other.#offset - aheadMs);
    this.#drift = other.#drift;
    this.#soundAt = other.#soundAt;
    this.#windowEnd = other.#windowEnd;
    this.#least = other.#least - aheadMs;
    this.#windows = other.#windows.map(({ at, least }) => ({ at, least: least - aheadMs }));
  }

  #begin(ours: number, difference: number): void {
    this.#offset = difference;
    this.#at = ours;
    this.#drift = 0;
    this.#windowEnd = ours + WINDOW_MS;
    this.#least = Infinity;
    this.#windows = [];
    this.#soundAt = ours;
    this.#shortEnd = ours + ANEW_AFTER_MS;
    this.#shortLeast = Infinity;
  }

  /** Follows upwards what can be drift. What was held up tells nothing of the clock. */
  #endWindow(now: number, offset: number): number {
    const later = this.#least - offset;
    const unsure = this.#windows.length < LEAST_WINDOWS ? UNSURE.unknown : UNSURE.known;
    const isSound = later <= HELD_UP_MS + unsure * (now - this.#soundAt);
    if (isSound) {
      this.#soundAt = now;
      this.#windows.push({ at: this.#windowEnd, least: this.#least });
      if (this.#windows.length > MAX_WINDOWS) this.#windows.shift();
      if (this.#windows.length >= LEAST_WINDOWS) this.#drift = driftOf(this.#windows);
    }
    this.#least = Infinity;
    this.#windowEnd = now + WINDOW_MS;
    return later > 0 && isSound ? offset + later : offset;
  }

  #isAnew(now: number, difference: number, offset: number): boolean {
    if (now >= this.#shortEnd) {
      this.#shortEnd = now + ANEW_AFTER_MS;
      const least = this.#shortLeast;
      this.#shortLeast = difference;
      return least !== Infinity && least - offset > BEGINS_ANEW_MS;
    }
    this.#shortLeast = Math.min(this.#shortLeast, difference);
    return false;
  }
}

/** The median of the slopes between any two windows (Theil–Sen), which a few odd ones don't move. */
function driftOf(windows: readonly { at: number; least: number }[]): number {
  const slopes: number[] = [];
  for (const [n, one] of windows.entries()) {
    for (const other of windows.slice(n + 1)) {
      slopes.push((other.least - one.least) / (other.at - one.at));
    }
  }
  return Math.max(-MAX_DRIFT, Math.min(MAX_DRIFT, median(slopes)));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** RTP timestamps as ms that never wrap. */
class TimestampUnwrapper {
  #last: number | undefined;
  #extended = 0;

  constructor(private readonly clockRate: number) {}

  unwrap(timestamp: number): number {
    if (this.#last === undefined) this.#extended = timestamp;
    else this.#extended += (timestamp - this.#last) | 0;
    this.#last = timestamp;
    return this.#extended / this.clockRate * 1000;
  }
}

const MAX_REPORTS = 9;
/** Reports that differ by more don't agree. */
const AGREE_MS = 20;
/** Reports of one stream drift by less than this from one to the next: beyond it the wall clock was set. */
const SET_MS = 15;

/** What a stream's sender reports say together: the sender's wall clock at RTP time 0. */
class ReportFit {
  readonly #reports: number[] = [];
  /** How far the wall clock has been set since the first report. */
  #setMs = 0;
  #wallAtZero: number | undefined;

  add(wallAtZero: number): void {
    this.#reports.push(wallAtZero);
    if (this.#reports.length > MAX_REPORTS) this.#reports.shift();
    const middle = median(this.#reports);
    const agreeing = this.#reports.filter((report) => Math.abs(report - middle) <= AGREE_MS).length;
    if (agreeing < 2 || 2 * agreeing < this.#reports.length) return;
    const before = this.#wallAtZero;
    if (before !== undefined && Math.abs(middle - this.#setMs - before) > SET_MS) {
      this.#setMs = middle - before;
    }
    this.#wallAtZero = middle - this.#setMs;
  }

  /** The wall clock as if it had never been set; undefined before reports agree. */
  get wallAtZero(): number | undefined {
    return this.#wallAtZero;
  }

  /** The wall clock was set before the first report, and after those that other streams go by. */
  shift(byMs: number): void {
    if (this.#wallAtZero === undefined) return;
    this.#setMs -= byMs;
    this.#wallAtZero += byMs;
  }

  reset(): void {
    this.#reports.length = 0;
    this.#setMs = 0;
    this.#wallAtZero = undefined;
  }
}

/** A placed frame follows a better estimate by at most this much a ms, which nobody hears. */
const MAX_SLEW = 0.02;
/** A difference beyond this is no drift: the sender's timestamps began anew, or the first reports came. */
const JUMP_MS = 250;
/** Streams of one sender differ by less on their way: beyond it one's reports are of another wall clock. */
const MAX_APART_MS = 1000;

/** One stream's place on the timeline. Streams of one sender share the estimator that goes by its wall clock. */
export class StreamClock {
  readonly #timestamps: TimestampUnwrapper;
  readonly #own = new OffsetEstimator();
  readonly #reports = new ReportFit();
  #placed: { rtpMs: number; at: number } | undefined;

  constructor(clockRate: number, private readonly sender: OffsetEstimator) {
    this.#timestamps = new TimestampUnwrapper(clockRate);
  }

  /** A report says that `timestamp` is `ntpMs` on the sender's wall clock. */
  report(timestamp: number, ntpMs: number): void {
    const isFirst = this.#reports.wallAtZero === undefined;
    this.#reports.add(ntpMs - this.#timestamps.unwrap(timestamp));
    const { wallAtZero } = this.#reports;
    const [own, shared] = [this.#own.offset, this.sender.offset];
    if (!isFirst || wallAtZero === undefined || own === undefined) return;
    // What comes just now may be held up on its way.
    if (shared === undefined) return this.sender.adopt(this.#own, wallAtZero);
    const apart = own - (wallAtZero + shared);
    if (Math.abs(apart) > MAX_APART_MS) this.#reports.shift(apart);
  }

  /** A packet arrived: call it for each, in order of arrival. */
  arrived(timestamp: number, at: number): void {
    const rtpMs = this.#timestamps.unwrap(timestamp);
    if (this.#own.add(at, rtpMs)) this.#reports.reset();
    const { wallAtZero } = this.#reports;
    if (wallAtZero !== undefined) this.sender.add(at, rtpMs + wallAtZero);
  }

  /** Where a frame with this timestamp lies, on our clock; undefined before any packet arrived. */
  place(timestamp: number): number | undefined {
    const rtpMs = this.#timestamps.unwrap(timestamp);
    const wanted = this.#wanted(rtpMs);
    if (wanted === undefined) return undefined;
    const last = this.#placed;
    let at = wanted;
    if (last !== undefined) {
      const passed = rtpMs - last.rtpMs;
      const natural = last.at + passed;
      const error = wanted - natural;
      const slew = Math.abs(passed) * MAX_SLEW;
      if (Math.abs(error) <= JUMP_MS) at = natural + Math.max(-slew, Math.min(slew, error));
    }
    this.#placed = { rtpMs, at };
    return at;
  }

  #wanted(rtpMs: number): number | undefined {
    const shared = this.sender.offset;
    const { wallAtZero } = this.#reports;
    if (wallAtZero !== undefined && shared !== undefined) return rtpMs + wallAtZero + shared;
    const own = this.#own.offset;
    return own === undefined ? undefined : rtpMs + own;
  }
}
