/**
 * A datagram socket that loses media packets, as a bad network does, by a seeded chance.
 *
 * Only RTP is lost: handshakes and reports under loss are tested on simulated time.
 */
import type { DatagramSocket } from "../../../server/sfu/ports.ts";

/** A sequence of numbers below 1, the same for the same seed (mulberry32). */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whether a datagram is RTP (RFC 7983, RFC 5761 §4). */
export function isMedia(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return first >= 128 && first <= 191 && (second < 192 || second > 223);
}

/** Loses `loss` (0–1) of the RTP packets in each direction. */
export function lossySocket(
  socket: DatagramSocket,
  options: { seed: number; loss: number },
): DatagramSocket {
  const chance = seededChance(options.seed);
  const lost = (bytes: Uint8Array) => isMedia(bytes) && chance() < options.loss;
  return {
    address: socket.address,
    port: socket.port,
    receive: (maxWaitMs, onDatagram) =>
      socket.receive(maxWaitMs, (bytes, view, length, from) => {
        if (!lost(bytes)) onDatagram(bytes, view, length, from);
      }),
    slot: () => socket.slot(),
    commit: (length, to) => {
      if (!lost(socket.slot().bytes)) socket.commit(length, to);
    },
    flush: () => socket.flush(),
    waitReadable: (maxWaitMs) => socket.waitReadable(maxWaitMs),
    remote: (address, port) => socket.remote(address, port),
    keep: (remote) => socket.keep(remote),
    release: (remote) => socket.release(remote),
    counters: () => socket.counters(),
    close: () => socket.close(),
  };
}
