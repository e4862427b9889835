/**
 * Notes when a publisher's packets arrived and says so, so that its browser can raise its bitrate
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 *
 * A ring of arrivals by transport-wide sequence number; nothing is allocated for a packet. Invariant: one message
 * reports at most {@linkcode WINDOW} packets, and no packet twice.
 */
import { SequenceUnwrapper, toSequence } from "../packets/sequence.ts";
import type { TransportFeedback } from "../packets/transport_feedback.ts";

const WINDOW = 512;
/** The message's units: reference time in 64 ms, arrivals in quarter milliseconds. */
const REFERENCE_MS = 64;
const QUARTERS = 4;

export class ArrivalRecorder {
  readonly #arrivedMs = new Float64Array(WINDOW).fill(-1);
  readonly #unwrapper = new SequenceUnwrapper();
  /** First number not yet reported. */
  #next = -1;
  #pending = 0;
  #feedbackCount = 0;

  /** Notes the arrival of the packet with this 16-bit transport-wide number. */
  receive(sequence: number, nowMs: number): void {
    const extended = this.#unwrapper.unwrap(sequence);
    if (this.#next < 0) this.#next = extended;
    // Reported as lost already: too late to say otherwise.
    if (extended < this.#next) return;
    if (extended - this.#next >= WINDOW) this.#skipTo(extended - WINDOW + 1);
    const at = extended % WINDOW;
    if (this.#arrivedMs[at]! >= 0) return;
    this.#arrivedMs[at] = nowMs;
    this.#pending++;
  }

  #skipTo(next: number): void {
    const clearTo = Math.min(next, this.#next + WINDOW);
    for (let extended = this.#next; extended < clearTo; extended++) {
      const at = extended % WINDOW;
      if (this.#arrivedMs[at]! >= 0) {
        this.#arrivedMs[at] = -1;
        this.#pending--;
      }
    }
    this.#next = next;
  }

  /** What arrived since the last call, undefined when nothing did. */
  take(senderSsrc: number, mediaSsrc: number): TransportFeedback | undefined {
    if (this.#pending === 0) return undefined;
    const base = this.#next;
    const highest = this.#unwrapper.highest;
    const arrivals: (number | undefined)[] = [];
    let referenceTime = -1;
    for (let extended = base; extended <= highest; extended++) {
      const at = extended % WINDOW;
      const arrivedMs = this.#arrivedMs[at]!;
      if (arrivedMs < 0) {
        arrivals.push(undefined);
        continue;
      }
      if (referenceTime < 0) referenceTime = Math.floor(arrivedMs / REFERENCE_MS);
      arrivals.push(Math.round((arrivedMs - referenceTime * REFERENCE_MS) * QUARTERS));
      this.#arrivedMs[at] = -1;
    }
    this.#next = highest + 1;
    this.#pending = 0;
    const feedbackCount = this.#feedbackCount;
    this.#feedbackCount = (feedbackCount + 1) & 0xff;
    return {
      type: "transport-feedback",
      senderSsrc,
      mediaSsrc,
      baseSequence: toSequence(base),
      referenceTime: referenceTime & 0xffffff,
      feedbackCount,
      arrivals,
    };
  }
}
