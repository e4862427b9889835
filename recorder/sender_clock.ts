/**
 * Places a sender's frames on the recording's timeline by their RTP timestamps.
 *
 * Sender reports turn a timestamp into the sender's wall clock, which all its tracks share, so that audio and video
 * stay together. That clock is compared with ours by the quickest packets of the last while: delay only ever adds.
 * A clock that runs slow or fast is followed. Before the first report a track stands by its own quickest packets.
 * No I/O: times come in as arguments, all in ms.
 */

/** Quickest packets are looked for in windows of this length; the answer is that of the last two. */
const WINDOW_MS = 10_000;

/** The least difference that was seen lately between our clock and another. */
export class OffsetEstimator {
  #windowEnd = -Infinity;
  #current = Infinity;
  #previous = Infinity;

  /** A packet that was sent at `theirs` came at `ours`. */
  add(ours: number, theirs: number): void {
    if (ours >= this.#windowEnd) {
      this.#previous = ours < this.#windowEnd + WINDOW_MS ? this.#current : Infinity;
      this.#current = Infinity;
      this.#windowEnd = ours + WINDOW_MS;
    }
    this.#current = Math.min(this.#current, ours - theirs);
  }

  /** To be added to their clock; undefined before the first packet. */
  get offset(): number | undefined {
    const least = Math.min(this.#current, this.#previous);
    return least === Infinity ? undefined : least;
  }

  reset(): void {
    this.#windowEnd = -Infinity;
    this.#current = this.#previous = Infinity;
  }
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

/** A placed frame follows a better estimate by at most this much a ms, which nobody hears. */
const MAX_SLEW = 0.02;
/** A difference beyond this is no drift: the sender's timestamps began anew, or the first report came. */
const JUMP_MS = 250;

/** One stream's place on the timeline. Streams of one sender share the estimator that goes by its wall clock. */
export class StreamClock {
  readonly #timestamps: TimestampUnwrapper;
  readonly #own = new OffsetEstimator();
  /** Their wall clock at RTP time 0, by the last report. */
  #wallAtZero: number | undefined;
  #placed: { rtpMs: number; at: number } | undefined;

  constructor(clockRate: number, private readonly sender: OffsetEstimator) {
    this.#timestamps = new TimestampUnwrapper(clockRate);
  }

  /** A report says that `timestamp` is `ntpMs` on the sender's wall clock. */
  report(timestamp: number, ntpMs: number): void {
    this.#wallAtZero = ntpMs - this.#timestamps.unwrap(timestamp);
  }

  /** A packet arrived: call it for each, in order of arrival. */
  arrived(timestamp: number, at: number): void {
    const rtpMs = this.#timestamps.unwrap(timestamp);
    this.#own.add(at, rtpMs);
    if (this.#wallAtZero !== undefined) this.sender.add(at, rtpMs + this.#wallAtZero);
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
    if (this.#wallAtZero !== undefined && shared !== undefined) {
      return rtpMs + this.#wallAtZero + shared;
    }
    const own = this.#own.offset;
    return own === undefined ? undefined : rtpMs + own;
  }
}
