/**
 * Serves HTTP on a port for as long as the process lives. `Deno.serve` ends when a connection can't be accepted, for
 * want of descriptors above all; then the port is opened again. Connections that are open already go on meanwhile.
 *
 * Invariant: serving ends by {@linkcode Serving.stop}, or {@linkcode Serving.ended} says that it ended for good.
 */
import type { Logger } from "../../rooms/contract/logger.ts";
import { DEFAULT_PATIENCE, type PatienceLimits, RequestWatch } from "./request_watch.ts";
import { peerName, TcpTable } from "./tcp_table.ts";

export interface ServingOptions {
  hostname: string;
  port: number;
  /** Answers a request; `tcp` lets the connection be looked at and ended, null where the kernel can't be asked. */
  handle(
    request: Request,
    remote: Deno.NetAddr,
    tcp: TcpTable | null,
  ): Response | Promise<Response>;
  logger: Pick<Logger, "warn" | "error">;
  patience?: PatienceLimits;
  /** What that is measured on; the monotonic clock. */
  clock?: () => number;
  /** The port is tried again after this, and given up when it couldn't be opened for so long. */
  retry?: { everyMs: number; giveUpMs: number };
}

export interface Serving {
  readonly port: number;
  /** Rejects when the port can't be opened any more. Never resolves. */
  readonly ended: Promise<never>;
  /** Connections that were ended because they asked for nothing. */
  readonly idleEnded: number;
  readonly restarts: number;
  /** Lets open requests finish, for `graceMs` at most. */
  stop(graceMs: number): Promise<void>;
}

const CHECK_MS = 1000;
const RETRY = { everyMs: 100, giveUpMs: 60_000 };

/** @throws as `Deno.serve` does when the port can't be opened at first. */
export function startServing(options: ServingOptions): Serving {
  return new PortServing(options);
}

class PortServing implements Serving {
  readonly port: number;
  readonly ended: Promise<never>;
  idleEnded = 0;
  restarts = 0;
  #giveUp!: (reason: unknown) => void;
  #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #earlier: Deno.HttpServer<Deno.NetAddr>[] = [];
  readonly #abort = new AbortController();
  readonly #table: TcpTable | null;
  readonly #watch: RequestWatch | null;
  readonly #checkTimer: ReturnType<typeof setInterval>;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(private readonly options: ServingOptions) {
    this.ended = new Promise((_, reject) => this.#giveUp = reject);
    // Whoever doesn't look at it has chosen not to.
    this.ended.catch(() => {});
    this.port = options.port;
    this.#server = this.#open();
    this.port = this.#server.addr.port;
    this.#table = TcpTable.of(this.port);
    this.#watch = this.#table === null ? null : new RequestWatch(
      this.#table,
      options.patience ?? DEFAULT_PATIENCE,
      options.clock ?? (() => performance.now()),
    );
    this.#checkTimer = setInterval(() => this.#check(), CHECK_MS);
    this.#follow(this.#server);
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#checkTimer);
    const timer = setTimeout(() => this.#abort.abort(), graceMs);
    const servers = [this.#server, ...this.#earlier];
    await Promise.allSettled(servers.map((server) => server.shutdown()));
    clearTimeout(timer);
  }

  #open(): Deno.HttpServer<Deno.NetAddr> {
    const { hostname } = this.options;
    const { signal } = this.#abort;
    return Deno.serve(
      { hostname, port: this.port, signal, onListen: () => {} },
      (request, info) => this.#answer(request, info),
    );
  }

  async #answer(
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Promise<Response> {
    const { method } = request;
    const { remoteAddr } = info;
    const hasBody = method !== "GET" && method !== "HEAD";
    const watched = this.#watch?.asked(peerName(remoteAddr), hasBody);
    const done = () => watched?.done();
    info.completed.then(done, done);
    try {
      const response = await this.options.handle(request, remoteAddr, this.#table);
      if (response.status === 101) watched?.upgraded();
      return response;
    } finally {
      watched?.answered();
    }
  }

  /** What a server does when it ends by itself: the port is opened again. */
  #follow(server: Deno.HttpServer<Deno.NetAddr>): void {
    const again = (error?: unknown) => {
      if (this.#stopped) return;
      this.options.logger.error("Connections can't be accepted; trying again", { error });
      this.#earlier.push(server);
      this.#reopen(performance.now());
    };
    server.finished.then(() => again(), again);
  }

  #reopen(since: number): void {
    const { everyMs, giveUpMs } = this.options.retry ?? RETRY;
    this.#retryTimer = setTimeout(() => {
      try {
        this.#server = this.#open();
      } catch (error) {
        if (performance.now() - since < giveUpMs) return this.#reopen(since);
        return this.#giveUp(error);
      }
      this.restarts++;
      this.options.logger.warn("Accepting connections again", { port: this.port });
      this.#follow(this.#server);
    }, everyMs);
  }

  #check(): void {
    this.idleEnded += this.#watch?.check() ?? 0;
  }
}
