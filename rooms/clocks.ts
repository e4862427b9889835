/**
 * The two clocks. What is stored or shown has a time of day; how long something takes, rests or is allowed is measured
 * on a clock that nobody can set.
 *
 * The types keep them apart: a value of one kind isn't taken where the other is asked for. A plain number is both, so
 * tests write their times as they are.
 */

/** Milliseconds since 1970, as the machine's clock stands: it may be set back and forth. */
export type UnixMs = number & { readonly clock?: "wall" };

/** Milliseconds that only ever grow, from no moment in particular (`performance.now()`). */
export type MonotonicMs = number & { readonly clock?: "monotonic" };
