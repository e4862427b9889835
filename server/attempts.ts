/**
 * Slows guessing down: a bucket of failed attempts for each key, which empties with time.
 *
 * A key is a kind, a colon and a name (`address:192.0.2.1`, `meeting:abc`); the kind chooses the bucket's size.
 * No I/O: the time is an argument. Invariant: memory is bounded; when it is full the oldest bucket is forgotten.
 */
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

interface Bucket {
  level: number;
  at: number;
}

export class Attempts implements AttemptLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly rules: Readonly<Record<string, AttemptRule>> = ATTEMPT_RULES) {}

  blockedForMs(key: string, nowMs: number): number {
    const bucket = this.buckets.get(key);
    if (bucket === undefined) return 0;
    const rule = this.ruleOf(key);
    const excess = levelAt(bucket, rule, nowMs) - (rule.burst - 1);
    return excess <= 0 ? 0 : Math.ceil(excess * rule.forgetMs);
  }

  fail(key: string, nowMs: number): void {
    const rule = this.ruleOf(key);
    const bucket = this.buckets.get(key);
    const level = bucket === undefined ? 0 : levelAt(bucket, rule, nowMs);
    // Deleted first, so that the map's order is the order of the last failure.
    this.buckets.delete(key);
    this.buckets.set(key, { level: Math.min(level + 1, rule.burst), at: nowMs });
    if (this.buckets.size > MAX_KEYS) this.forgetOldest();
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.buckets.size;
  }

  private ruleOf(key: string): AttemptRule {
    return this.rules[key.slice(0, key.indexOf(":"))] ?? DEFAULT_RULE;
  }

  private forgetOldest(): void {
    const [oldest] = this.buckets.keys();
    if (oldest !== undefined) this.buckets.delete(oldest);
  }
}

function levelAt(bucket: Bucket, rule: AttemptRule, nowMs: number): number {
  return Math.max(0, bucket.level - Math.max(0, nowMs - bucket.at) / rule.forgetMs);
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
