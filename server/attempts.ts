/**
 * Slows guessing down: a bucket of failed attempts for each key, which empties with time.
 *
 * A key is a kind, a colon and a name (`address:192.0.2.1`, `meeting:abc`); the kind chooses the bucket's size.
 * Invariant: memory is bounded; when it is full the oldest bucket is forgotten.
 */
import type { MonotonicMs } from "../rooms/clocks.ts";
import type { AttemptLimiter } from "../rooms/ports.ts";

export interface AttemptRule {
  /** Failures that are free. */
  burst: number;
  /** One failure is forgotten after this. */
  forgetMs: number;
}

/**
 * An address gets ten wrong tries and then one in ten seconds. A meeting takes more, because a whole class may
 * mistype, and because strangers must not be able to lock it: people with a personal link pass anyway.
 */
export const ATTEMPT_RULES: Readonly<Record<string, AttemptRule>> = {
  address: { burst: 10, forgetMs: 10_000 },
  meeting: { burst: 100, forgetMs: 2_000 },
  key: { burst: 20, forgetMs: 5_000 },
  try: { burst: 10, forgetMs: 60_000 },
};

const DEFAULT_RULE: AttemptRule = { burst: 10, forgetMs: 10_000 };
const MAX_KEYS = 100_000;

export class Attempts implements AttemptLimiter {
  /** When each key's failures will all be forgotten. */
  private readonly clearAt = new Map<string, MonotonicMs>();

  constructor(
    private readonly rules: Readonly<Record<string, AttemptRule>> = ATTEMPT_RULES,
    private readonly clock: () => MonotonicMs = () => performance.now(),
  ) {}

  blockedForMs(key: string): number {
    const { burst, forgetMs } = this.ruleOf(key);
    return Math.max(0, this.pendingMs(key, this.clock()) - (burst - 1) * forgetMs);
  }

  fail(key: string): void {
    const nowMs = this.clock();
    const { burst, forgetMs } = this.ruleOf(key);
    const pendingMs = Math.min(this.pendingMs(key, nowMs) + forgetMs, burst * forgetMs);
    // Deleted first, so that the map's order is the order of the last failure.
    this.clearAt.delete(key);
    this.clearAt.set(key, nowMs + pendingMs);
    if (this.clearAt.size > MAX_KEYS) this.forgetOldest();
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.clearAt.size;
  }

  /** Time until everything is forgotten. */
  private pendingMs(key: string, nowMs: MonotonicMs): number {
    return Math.max(0, (this.clearAt.get(key) ?? nowMs) - nowMs);
  }

  private ruleOf(key: string): AttemptRule {
    return this.rules[key.slice(0, key.indexOf(":"))] ?? DEFAULT_RULE;
  }

  private forgetOldest(): void {
    const [oldest] = this.clearAt.keys();
    if (oldest !== undefined) this.clearAt.delete(oldest);
  }
}

/**
 * The name under which an address is counted: itself, or the /64 network of an IPv6 address, because one subscriber
 * owns all of that. IPv4 in IPv6 form counts as IPv4.
 */
export function addressName(address: string): string {
  const mapped = address.toLowerCase().match(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]!.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const rest = tail === "" ? [] : tail.split(":");
    while (groups.length + rest.length < 8) groups.push("0");
    groups.push(...rest);
  }
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
