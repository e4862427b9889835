import type { UpdateLog } from "../../../rooms/ports.ts";
import { RoomServer } from "./room_server.ts";

/** A log whose commits wait for the test, or fail at its wish. */
export class GatedLog implements UpdateLog {
  commits = 0;
  fail = false;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  constructor(private readonly inner: UpdateLog) {}

  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    this.#open = resolve;
  }

  release(): void {
    this.#open();
  }

  async append(...args: Parameters<UpdateLog["append"]>): Promise<number> {
    this.commits++;
    await this.#gate;
    if (this.fail) throw new Error("SQLITE_FULL: database or disk is full");
    return await this.inner.append(...args);
  }

  load(meetingId: string) {
    return this.inner.load(meetingId);
  }

  repairSnapshots(meetingId: string) {
    return this.inner.repairSnapshots(meetingId);
  }

  saveSnapshot(...args: Parameters<UpdateLog["saveSnapshot"]>) {
    return this.inner.saveSnapshot(...args);
  }
}

export async function gatedServer(room = {}): Promise<{ server: RoomServer; log: () => GatedLog }> {
  let gated: GatedLog | null = null;
  const server = await RoomServer.start({ room, log: (inner) => gated = new GatedLog(inner) });
  return { server, log: () => gated as unknown as GatedLog };
}
