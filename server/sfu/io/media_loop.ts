/**
 * Turns a socket and a core into a running engine: receive, tick, flush, for ever.
 *
 * While packets flow a dedicated process waits in the system call itself, for a few milliseconds at most, which
 * costs least, and lets packets gather where they are many; when it is quiet, or where other work shares the thread, it waits aside. Either way the event loop gets
 * a turn every {@linkcode TURN_MS}, so that control messages are served.
 */
import type { MediaCore } from "../engine/core.ts";
import type { DatagramSocket, Remote } from "../ports.ts";

/** The longest time without a turn of the event loop. */
const TURN_MS = 4;
/** So many steps in one turn: packets come faster than it pays to fetch each batch at once. */
const DENSE_STEPS = 3;
/** Where they do, batches are taken at this distance: more packets in each call, for little delay. */
const GATHER_MS = 0.7;
/** So many at once, and the rest that waits mustn't wait longer: a flood would be taken no faster than it comes. */
const CROWD = 48;
/** Where a busy machine gives this process little time, so many steps are one turn while a crowd waits. */
const CROWDED_STEPS = 16;
/** Packets that came this recently mean that more will follow. */
const FLOWING_MS = 60;
/** Retransmissions and key frame requests are due every 10 ms while anybody is connected. */
const CONNECTED_WAIT_MS = 10;
const IDLE_WAIT_MS = 250;

export interface MediaLoop {
  /** Resolves when the loop has ended. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Runs until stopped. `onFault` is told of our own bugs; the packet at fault is dropped. */
export function runMediaLoop(options: {
  socket: DatagramSocket;
  core: MediaCore;
  /** The thread has nothing else to do, so it may block. */
  dedicated: boolean;
  onFault: (error: unknown) => void;
}): MediaLoop {
  const { socket, core, dedicated, onFault } = options;
  let stopped = false;
  let flowingUntilMs = 0;
  let dense = false;
  let crowded = false;
  let nowMs = performance.now();

  const onDatagram = (bytes: Uint8Array, view: DataView, length: number, from: Remote) => {
    try {
      core.receive(bytes, view, length, from, nowMs);
    } catch (error) {
      onFault(error);
    }
  };

  const step = async (waitMs: number): Promise<void> => {
    const received = socket.receive(waitMs, onDatagram);
    const count = typeof received === "number" ? received : await received;
    if (stopped) return;
    nowMs = performance.now();
    crowded = count >= CROWD;
    if (count > 0) flowingUntilMs = nowMs + FLOWING_MS;
    core.tick(nowMs);
    socket.flush();
  };

  const run = async () => {
    while (!stopped) {
      try {
        if (dedicated && nowMs < flowingUntilMs) {
          const turnAtMs = nowMs + TURN_MS;
          let steps = 0;
          for (; !stopped && (nowMs < turnAtMs || (crowded && steps < CROWDED_STEPS)); steps++) {
            if (dense && !crowded) socket.gather?.(nowMs + GATHER_MS - performance.now());
            await step(TURN_MS);
          }
          dense = steps >= DENSE_STEPS;
        } else {
          await socket.waitReadable(core.idle ? IDLE_WAIT_MS : CONNECTED_WAIT_MS);
          if (stopped) return;
          nowMs = performance.now();
          await step(0);
        }
      } catch (error) {
        onFault(error);
      }
      await turn();
    }
  };

  return {
    ended: run(),
    stop: () => {
      stopped = true;
    },
  };
}

/** One turn of the event loop; promises and message channels alone would starve its input. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
