/** What the load generator asks of a media server under measurement. */
import type { LoadPath } from "./path.ts";
import { SocketSet } from "./sockets.ts";

export interface Publication {
  path: LoadPath;
  /** Opaque: for the server that made it. */
  readonly handle: unknown;
}

export interface SfuServer extends AsyncDisposable {
  /** Every process that serves. */
  readonly pids: number[];
  /** The address that paths must come from. */
  readonly address: string;
  createRoom(): Promise<unknown>;
  publish(
    room: unknown,
    kind: "audio" | "video",
    ssrc: number,
    connect: Connect,
  ): Promise<Publication>;
  subscribe(room: unknown, publication: Publication, connect: Connect): Promise<LoadPath>;
  /** Ends everything in the room; only for a soak. */
  closeRoom?(room: unknown): Promise<void>;
  /** What it says of itself; only for a soak. */
  counters?(): Promise<Record<string, number>>;
}

/** Makes paths and brings them up while packets are served. */
export class Connect {
  readonly sockets = new SocketSet();
  readonly paths: LoadPath[] = [];

  /** Resolves when ICE and DTLS are done. */
  async up(path: LoadPath): Promise<void> {
    this.paths.push(path);
    const limitMs = performance.now() + 30_000;
    while (!path.connected) {
      if (performance.now() > limitMs) throw new Error("a path didn't connect within 30 s");
      this.serve(2);
      await turn();
    }
  }

  /** Closes the paths that were opened since there were so many. */
  closeSince(count: number): void {
    for (const path of this.paths.splice(count)) {
      path.close();
      this.sockets.closeOne(path.socket);
    }
  }

  serve(maxWaitMs: number): void {
    const nowMs = performance.now();
    for (const path of this.paths) path.tick(nowMs);
    this.sockets.receive(maxWaitMs);
  }

  close(): void {
    for (const path of this.paths) path.close();
    this.sockets.close();
  }
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
