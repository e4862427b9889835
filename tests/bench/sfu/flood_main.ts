/**
 * The flood's own process: datagrams of junk at a rate, from many addresses of this machine, until its input closes.
 *
 * Random bytes that begin like STUN, DTLS, RTP, RTCP or nothing known, seeded, so that every server gets the same. All
 * is written once and leaves in trains (UDP_SEGMENT), so that the attacker takes little of the machine that it shares
 * with who is attacked.
 */
import { openLinuxSocket } from "../../../server/sfu/io/linux.ts";
import type { DatagramSocket, Remote } from "../../../server/sfu/ports.ts";
import { serveUntilClosed } from "../server_process.ts";

const FIRST_BYTES = [0, 22, 128, 129, 144, 255];
/** Datagrams of one length: the kernel cuts a train into equal pieces. */
const TRAIN = 16;
const LENGTHS = [1, 12, 28, 100, 300, 600, 900, 1200];
const SOURCES = 64;
const STEP_MS = 1;
/** What was missed, on a busy machine or while stopped, isn't sent at once afterwards. */
const MAX_LATE_MS = 5;

/** xorshift32 */
class Junk {
  #state = 20_260_101;

  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.next() & 0xff;
  }
}

class Attacker {
  readonly #socket: DatagramSocket;
  readonly #target: Remote;

  constructor(address: string, target: { address: string; port: number }, junk: Junk) {
    this.#socket = openLinuxSocket({ address, port: 0 });
    this.#target = this.#socket.remote(target.address, target.port);
    // A socket's slots are used in turn, so what is written once leaves with every train.
    for (let i = 0; i < TRAIN; i++) {
      const { bytes } = this.#socket.slot();
      junk.fill(bytes);
      bytes[0] = FIRST_BYTES[i % FIRST_BYTES.length]!;
      this.#socket.commit(1, this.#target);
    }
    this.#socket.flush();
  }

  send(count: number, length: number): void {
    for (let i = 0; i < count; i++) {
      this.#socket.slot();
      this.#socket.commit(length, this.#target);
    }
    this.#socket.flush();
  }
}

if (import.meta.main) {
  const [address, port, perSecond] = Deno.args;
  const rate = Number(perSecond);
  const junk = new Junk();
  const target = { address: address!, port: Number(port) };
  const attackers = Array.from(
    { length: SOURCES },
    (_, i) => new Attacker(`127.0.1.${1 + i}`, target, junk),
  );
  let turn = 0;
  let doneMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    doneMs = Math.max(doneMs, nowMs - MAX_LATE_MS);
    let due = Math.floor((nowMs - doneMs) * rate / 1000);
    doneMs += due * 1000 / rate;
    for (; due > 0; due -= TRAIN) {
      const count = Math.min(TRAIN, due);
      attackers[turn % SOURCES]!.send(count, LENGTHS[turn % LENGTHS.length]!);
      turn++;
    }
  }, STEP_MS);
  await serveUntilClosed({});
  clearInterval(timer);
}
