/**
 * The recording of a meeting as its room drives it: begun with the first join, paused and resumed by the host, ended
 * with the meeting.
 *
 * Invariant: each step stands at a point of the log that is stored, with a snapshot; what comes between a pause and a
 * resume belongs to no recorded stretch. The room goes on when a recording can't be kept, everybody in it sees so, and
 * a beginning that failed is tried again.
 */
import type { MonotonicMs, UnixMs } from "./clocks.ts";
import type { RecordingState, RecordingTrouble } from "./contract/document/schema.ts";
import { RoomError } from "./contract/errors.ts";
import { StepQueue } from "./contract/step_queue.ts";
import type { LogPoint, RecordingPort } from "./ports.ts";

export interface RecordingControlPorts {
  recorder: RecordingPort;
  /** Stores everything with a snapshot; answers its last row. @throws RoomError `unavailable`. */
  checkpoint(now: number): Promise<LogPoint>;
  state(): RecordingState;
  /** Shows it in the document. */
  show(recording: RecordingState, now: number): void;
  failed(what: string, error: unknown): void;
  clock(): MonotonicMs;
}

/** Between attempts to begin. */
const RETRY_MS = 5000;

export class RecordingControl {
  readonly #steps = new StepQueue();
  #trouble: RecordingTrouble | null = null;
  #beginAt: MonotonicMs | null = null;

  constructor(private readonly ports: RecordingControlPorts) {}

  /** Begins, or goes on after a restart; a pause goes on too. */
  begin(now: number): void {
    const { recorder, state } = this.ports;
    if (state().state === "off") this.#show("recording", now);
    // What was in the way of an earlier start of the server.
    else if (this.#beginAt === null) this.troubled(null, now);
    const paused = () => state().state === "paused";
    this.#beginAt = null;
    this.#steps.run(async () => {
      await recorder.begin(await this.ports.checkpoint(now), paused());
    }).catch((error) => {
      this.ports.failed("begin", error);
      if (error instanceof RoomError && error.code === "over") return this.#show("off", now);
      this.troubled("storage", now);
      this.#beginAt = this.ports.clock() + RETRY_MS;
    });
  }

  /** Nothing can be kept, or again something (null). */
  troubled(trouble: RecordingTrouble | null, now: number): void {
    const shown = this.ports.state();
    this.#trouble = trouble;
    if (shown.state === "off" || (shown.trouble ?? null) === trouble) return;
    this.ports.show(withTrouble(shown, trouble), now);
  }

  /** Does what is due; call it a few times a second. */
  tick(now: UnixMs): void {
    if (this.#beginAt !== null && this.ports.clock() >= this.#beginAt) this.begin(now);
  }

  /** Nothing is kept from here on. @throws RoomError `conflict`, `unavailable`. */
  async pause(now: number): Promise<void> {
    this.#expect("recording", "Nothing is being recorded");
    const { recorder } = this.ports;
    recorder.hold();
    this.#show("paused", now);
    await this.#step("pause", async () => recorder.pause(await this.ports.checkpoint(now)));
  }

  /** @throws RoomError `conflict`, `unavailable`. */
  async resume(now: number): Promise<void> {
    this.#expect("paused", "The recording isn't paused");
    const { recorder } = this.ports;
    this.#show("recording", now);
    await this.#step("resume", async () => recorder.resume(await this.ports.checkpoint(now)));
  }

  /** Ends it; answers where it can be watched, null when nothing could be kept. */
  async end(now: number): Promise<string | null> {
    this.#beginAt = null;
    try {
      return await this.#steps.run(async () =>
        await this.ports.recorder.end(await this.ports.checkpoint(now))
      );
    } catch (error) {
      this.ports.failed("end", error);
      return null;
    }
  }

  /** The server goes down; another start goes on. */
  async suspend(): Promise<void> {
    await this.#steps.run(() => this.ports.recorder.suspend())
      .catch((error) => this.ports.failed("suspend", error));
  }

  #show(state: RecordingState["state"], now: number): void {
    this.ports.show(withTrouble({ state, since: now }, this.#trouble), now);
  }

  #expect(state: RecordingState["state"], message: string): void {
    if (this.ports.state().state !== state) throw new RoomError("conflict", message);
  }

  async #step(what: string, step: () => Promise<void>): Promise<void> {
    try {
      await this.#steps.run(step);
    } catch (error) {
      this.ports.failed(what, error);
      throw new RoomError("unavailable", "The recording can't be changed right now");
    }
  }
}

function withTrouble(
  { state, since }: RecordingState,
  trouble: RecordingTrouble | null,
): RecordingState {
  return trouble === null || state === "off" ? { state, since } : { state, since, trouble };
}
