/**
 * Junk from an address that never proved anything: random bytes that begin like STUN, DTLS, RTP, RTCP or nothing known.
 *
 * Seeded, so that every server gets the same.
 */
import type { LoadSocket } from "./sfu_sockets.ts";

const FIRST_BYTES = [0, 22, 128, 129, 144, 255];
const MAX_BYTES = 1200;
const STEP_MS = 1;
/** What a busy machine missed isn't sent at once afterwards. */
const MAX_BURST = 500;

export class Flood {
  sent = 0;
  readonly #socket: LoadSocket;
  readonly #perSecond: number;
  readonly #junk = new Uint8Array(MAX_BYTES);
  #state = 20_260_101;
  #sinceMs: number;

  constructor(socket: LoadSocket, perSecond: number, nowMs: number) {
    this.#socket = socket;
    this.#perSecond = perSecond;
    this.#sinceMs = nowMs;
    for (let i = 0; i < MAX_BYTES; i++) this.#junk[i] = this.#next() & 0xff;
  }

  /** Sends what is due; answers when more is. */
  step(nowMs: number): number {
    const due = Math.floor((nowMs - this.#sinceMs) * this.#perSecond / 1000);
    if (due > MAX_BURST) this.#sinceMs = nowMs;
    else this.#sinceMs += due * 1000 / this.#perSecond;
    for (let i = 0; i < Math.min(due, MAX_BURST); i++) this.#send();
    this.#socket.flush();
    return nowMs + STEP_MS;
  }

  #send(): void {
    const { bytes } = this.#socket.slot();
    const random = this.#next();
    bytes.set(this.#junk);
    bytes[0] = FIRST_BYTES[random % FIRST_BYTES.length]!;
    bytes[1] = random >>> 8;
    bytes[2] = random >>> 16;
    this.#socket.commit(1 + (random >>> 4) % MAX_BYTES);
    this.sent++;
  }

  /** xorshift32 */
  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }
}
