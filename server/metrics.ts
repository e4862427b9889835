/**
 * Counters of this process in Prometheus' text format (version 0.0.4).
 *
 * Names get the prefix `lectern_`; a name that ends in `_total` is a counter, any other a gauge.
 */

type Source = () => Record<string, number> | Promise<Record<string, number>>;

/** Upper bounds in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export class Metrics {
  private readonly sources: Source[] = [];
  private readonly requests = new Map<string, number>();
  private readonly buckets: number[] = BUCKETS.map(() => 0);
  private durationSum = 0;
  private durationCount = 0;

  /** Adds numbers that are asked for when they are read. */
  collect(source: Source): void {
    this.sources.push(source);
  }

  /** Counts one answered HTTP request. `route` is a pattern, never a path, so that labels stay few. */
  request(method: string, route: string, status: number, durationMs: number): void {
    const known = METHODS.has(method) ? method : "other";
    const labels = `method="${known}",route="${label(route)}",status="${status}"`;
    this.requests.set(labels, (this.requests.get(labels) ?? 0) + 1);
    const seconds = durationMs / 1000;
    for (const [index, bound] of BUCKETS.entries()) {
      if (seconds <= bound) this.buckets[index] = (this.buckets[index] ?? 0) + 1;
    }
    this.durationSum += seconds;
    this.durationCount++;
  }

  /** A source that fails is left out, so that the rest can be read. */
  async render(): Promise<string> {
    const answers = await Promise.allSettled(this.sources.map((source) => source()));
    const lines: string[] = [];
    for (const answer of answers) {
      if (answer.status === "rejected") continue;
      for (const [raw, value] of Object.entries(answer.value)) {
        const name = metricName(raw);
        lines.push(`# TYPE ${name} ${name.endsWith("_total") ? "counter" : "gauge"}`);
        lines.push(`${name} ${value}`);
      }
    }
    lines.push("# TYPE lectern_http_requests_total counter");
    for (const [labels, count] of this.requests) {
      lines.push(`lectern_http_requests_total{${labels}} ${count}`);
    }
    const histogram = "lectern_http_request_duration_seconds";
    lines.push(`# TYPE ${histogram} histogram`);
    for (const [index, bound] of BUCKETS.entries()) {
      lines.push(`${histogram}_bucket{le="${bound}"} ${this.buckets[index]}`);
    }
    lines.push(`${histogram}_bucket{le="+Inf"} ${this.durationCount}`);
    lines.push(`${histogram}_sum ${this.durationSum}`);
    lines.push(`${histogram}_count ${this.durationCount}`);
    return `${lines.join("\n")}\n`;
  }
}

function metricName(raw: string): string {
  const snake = raw.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  const clean = snake.replace(/[^a-z0-9_]/g, "_");
  return clean.startsWith("lectern_") ? clean : `lectern_${clean}`;
}

function label(value: string): string {
  return value.replace(/[\\"\n]/g, "_");
}
