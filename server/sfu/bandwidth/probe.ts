/**
 * Finds out whether more would get through: a short burst of padding at a higher rate, and what arrived of it.
 *
 * Pure: says how many bytes of padding are due, and reads the result from feedback. One probe at a time. After a
 * success the next one follows at once; after a failure it waits, longer each time, and asks for less.
 */

const DURATION_MS = 120;
/** Feedback on the last packets comes within this time. */
const ANSWER_MS = 600;
const FACTOR = 2;
const FACTOR_AFTER_FAILURE = 1.3;
/** Beside audio alone, less than this would drown in the path's unsteadiness. */
const LEAST_MORE_BPS = 80_000;
const WAIT_MS = 3000;
const MAX_WAIT_MS = 5000;
const MIN_PACKETS = 5;
/** Less arriving than that of what was sent means that the path was full. */
const FULL = 0.85;
const OF_A_FULL_WAY = 0.85;
/** Wanted less than this above what is known is no reason to probe. */
const WORTH = 1.05;

interface Cluster {
  id: number;
  rate: number;
  startedMs: number;
  /** Bytes sent as part of it. */
  bytes: number;
  packets: number;
  firstSentMs: number;
  lastSentMs: number;
  firstArrivedMs: number;
  lastArrivedMs: number;
  arrivedBytes: number;
  /** Bytes of the packets that came first and last. */
  firstBytes: number;
  lastBytes: number;
}

export class Prober {
  #cluster: Cluster | undefined;
  #ids = 0;
  #nextMs = 0;
  #failures = 0;

  get running(): boolean {
    return this.#cluster !== undefined;
  }

  /** The probe that packets belong to now, 0 for none. */
  current(nowMs: number): number {
    const cluster = this.#cluster;
    return cluster !== undefined && nowMs - cluster.startedMs < DURATION_MS ? cluster.id : 0;
  }

  sent(bytes: number): void {
    if (this.#cluster !== undefined) this.#cluster.bytes += bytes;
  }

  /** Bytes of padding due now, given what is known to get through and what would be of use, in bits a second. */
  due(known: number, wanted: number, nowMs: number): number {
    const cluster = this.#cluster;
    if (cluster === undefined) {
      if (nowMs >= this.#nextMs && wanted > known * WORTH) this.#start(known, wanted, nowMs);
      return 0;
    }
    const elapsedMs = nowMs - cluster.startedMs;
    if (elapsedMs >= DURATION_MS) return 0;
    return Math.max(0, cluster.rate * elapsedMs / 8000 - cluster.bytes);
  }

  #start(known: number, wanted: number, nowMs: number): void {
    this.#ids = this.#ids % 255 + 1;
    const factor = this.#failures === 0 ? FACTOR : FACTOR_AFTER_FAILURE;
    this.#cluster = {
      id: this.#ids,
      rate: Math.min(Math.max(known * factor, known + LEAST_MORE_BPS), wanted * 1.2),
      startedMs: nowMs,
      bytes: 0,
      packets: 0,
      firstSentMs: Infinity,
      lastSentMs: -Infinity,
      firstArrivedMs: Infinity,
      lastArrivedMs: -Infinity,
      arrivedBytes: 0,
      firstBytes: 0,
      lastBytes: 0,
    };
  }

  /** Takes a packet of a probe that arrived. */
  arrived(probe: number, bytes: number, sentMs: number, arrivedMs: number): void {
    const cluster = this.#cluster;
    if (cluster === undefined || cluster.id !== probe) return;
    cluster.packets++;
    cluster.arrivedBytes += bytes;
    if (arrivedMs < cluster.firstArrivedMs) {
      cluster.firstArrivedMs = arrivedMs;
      cluster.firstBytes = bytes;
    }
    if (arrivedMs > cluster.lastArrivedMs) {
      cluster.lastArrivedMs = arrivedMs;
      cluster.lastBytes = bytes;
    }
    cluster.firstSentMs = Math.min(cluster.firstSentMs, sentMs);
    cluster.lastSentMs = Math.max(cluster.lastSentMs, sentMs);
  }

  /** What a probe that is over got through, in bits a second; undefined while it runs or when too little came. */
  result(known: number, roundTripMs: number, nowMs: number): number | undefined {
    const cluster = this.#cluster;
    if (cluster === undefined) return undefined;
    if (nowMs - cluster.startedMs < DURATION_MS + Math.max(ANSWER_MS, 2 * roundTripMs)) {
      return undefined;
    }
    this.#cluster = undefined;
    const rate = measured(cluster);
    const success = rate !== undefined && rate > known * WORTH;
    this.#failures = success ? 0 : this.#failures + 1;
    this.#nextMs = success ? nowMs : nowMs + Math.min(MAX_WAIT_MS, WAIT_MS * this.#failures);
    return rate;
  }
}

function measured(cluster: Cluster): number | undefined {
  const sentMs = cluster.lastSentMs - cluster.firstSentMs;
  const arrivedMs = cluster.lastArrivedMs - cluster.firstArrivedMs;
  if (cluster.packets < MIN_PACKETS || sentMs <= 0 || arrivedMs <= 0) return undefined;
  const sent = (cluster.arrivedBytes - cluster.lastBytes) * 8000 / sentMs;
  const arrived = (cluster.arrivedBytes - cluster.firstBytes) * 8000 / arrivedMs;
  return arrived < sent * FULL ? arrived * OF_A_FULL_WAY : Math.min(sent, arrived);
}
