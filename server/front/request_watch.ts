/**
 * Ends connections that keep a place and ask for nothing: no whole request header, a body that doesn't come, or no
 * further request. `Deno.serve` itself waits for ever.
 *
 * The caller owns the timer and passes the time, in milliseconds of a monotonic clock. Invariant: a connection whose
 * whole request is being answered, and a WebSocket, are left alone.
 */
import type { TcpTable } from "./tcp_table.ts";

export interface PatienceLimits {
  /** From the open connection to its first whole request header. */
  headerMs: number;
  /** A request's body may pause for so long. */
  bodyMs: number;
  /** From an answer to the next request. Longer than proxies keep theirs (nginx 60 s), so that they close first. */
  idleMs: number;
}

export const DEFAULT_PATIENCE: PatienceLimits = {
  headerMs: 10_000,
  bodyMs: 30_000,
  idleMs: 75_000,
};

/** A request as far as it keeps its connection from being ended. */
export interface WatchedRequest {
  /** The handler has its answer: the body was read as far as it will be. */
  answered(): void;
  /** The answer was sent, or can't be any more. */
  done(): void;
  /** The connection is a WebSocket from here on, and others look after it. */
  upgraded(): void;
}

interface Watched {
  /** Since when it has been connected, or its last answer was done. */
  since: number;
  asked: boolean;
  upgraded: boolean;
  /** Requests that are being answered. */
  requests: number;
  /** Requests whose body may still be on its way. */
  bodies: number;
}

export class RequestWatch {
  readonly #connections = new Map<string, Watched>();

  constructor(
    private readonly table: Pick<TcpTable, "peers" | "silentMs" | "end">,
    private readonly limits: PatienceLimits,
    private readonly clock: () => number,
  ) {}

  /** A request header has come whole. */
  asked(peer: string, hasBody: boolean): WatchedRequest {
    let watched = this.#connections.get(peer);
    if (watched === undefined) this.#connections.set(peer, watched = newcomer(this.clock()));
    return track(watched, hasBody, this.clock);
  }

  /** Ends what has kept its place for too long; answers how many. Call it about once a second. */
  check(): number {
    const now = this.clock();
    const peers = new Set(this.table.peers());
    for (const peer of this.#connections.keys()) {
      if (!peers.has(peer)) this.#connections.delete(peer);
    }
    let ended = 0;
    for (const peer of peers) {
      const watched = this.#connections.get(peer);
      if (watched === undefined) this.#connections.set(peer, newcomer(now));
      else if (this.#isOverdue(peer, watched, now) && this.table.end(peer)) ended++;
    }
    return ended;
  }

  #isOverdue(peer: string, watched: Watched, now: number): boolean {
    if (watched.upgraded) return false;
    const { headerMs, bodyMs, idleMs } = this.limits;
    if (watched.bodies > 0) return (this.table.silentMs(peer) ?? 0) >= bodyMs;
    if (watched.requests > 0) return false;
    return now - watched.since >= (watched.asked ? idleMs : headerMs);
  }
}

function newcomer(since: number): Watched {
  return { since, asked: false, upgraded: false, requests: 0, bodies: 0 };
}

function track(watched: Watched, hasBody: boolean, clock: () => number): WatchedRequest {
  watched.asked = true;
  watched.requests++;
  if (hasBody) watched.bodies++;
  return {
    answered() {
      if (hasBody) watched.bodies--;
    },
    done() {
      watched.requests--;
      watched.since = clock();
    },
    upgraded() {
      watched.upgraded = true;
    },
  };
}
