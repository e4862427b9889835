/**
 * What a room does while its document is dropped: it says so, tries again, and shows itself in the rebuilt document.
 *
 * Invariant: the room's own state is the truth meanwhile; pages keep their changes and send them when they are asked.
 */
import type { MonotonicMs, UnixMs } from "./clocks.ts";
import type { Audience } from "./audience.ts";
import type { Replica } from "./document/replica.ts";

export interface OutagePorts {
  meetingId: string;
  replica: Replica;
  audience: Audience;
  /** Wait after a failed commit before the document is tried again. */
  retryMs: number;
  clock(): MonotonicMs;
  report(level: "error", message: string, fields: Record<string, unknown>): void;
  /** The document stands again: show the room in it, and commit. Not called when the room is over. */
  rebuilt(): void;
}

export class Outage {
  #retryAt: MonotonicMs | null = null;

  constructor(private readonly ports: OutagePorts) {}

  /** The replica dropped its document: a client's change got where it must not, or a commit failed. */
  begin(cause: "tripwire" | "storage", error: unknown, now: UnixMs): void {
    const { meetingId, audience, retryMs, report, clock } = this.ports;
    const storage = cause === "storage";
    report("error", storage ? "Changes not stored" : "Tripwire", { meetingId, error });
    if (!storage) {
      void this.#rebuild(now);
      return;
    }
    audience.notify("error", {
      code: "unavailable",
      message: "The server can't store changes right now. They are kept in your browser.",
    });
    this.#retryAt = clock() + retryMs;
  }

  /** Tries again when it is due. */
  async tick(now: UnixMs): Promise<void> {
    if (this.#retryAt !== null && this.ports.clock() >= this.#retryAt) await this.#rebuild(now);
  }

  async #rebuild(now: UnixMs): Promise<void> {
    this.#retryAt = null;
    const { meetingId, replica, audience, retryMs, report, rebuilt, clock } = this.ports;
    try {
      await replica.rebuild(now);
    } catch (error) {
      report("error", "Document not rebuilt", { meetingId, error });
      this.#retryAt = clock() + retryMs;
      return;
    }
    rebuilt();
    audience.question(replica);
  }
}
