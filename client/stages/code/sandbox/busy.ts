/**
 * Ends a page that keeps its browser busy: the check that `loop_guard.ts` writes into scripts.
 *
 * Invariant: once it has said no it says no for ever, so that no `catch` or `finally` goes on.
 */

/** How long one turn of the page may take. Firefox shows nothing new of the lesson meanwhile. */
export const MAX_BUSY_MS = 2000;
/** The clock is read at every such call, and at each where calls are far between. */
const CALLS_PER_LOOK = 16;
const FAR_BETWEEN_MS = 10;

/** Makes the check; `onStuck` is called before the page's script is ended, once unless it throws. */
export function busyCheck(onStuck: () => void): () => void {
  const now = performance.now.bind(performance);
  const { port1, port2 } = new MessageChannel();
  const turn = port2.postMessage.bind(port2);
  let since: number | null = null;
  let looked = 0;
  let calls = 0;
  let between = CALLS_PER_LOOK;
  let stuck = false;
  let told = false;
  // It arrives in a turn of its own, when what keeps busy now is done.
  port1.onmessage = () => since = null;
  return () => {
    if (!stuck) {
      if (++calls < between) return;
      calls = 0;
      const at = now();
      between = at - looked > FAR_BETWEEN_MS ? 1 : CALLS_PER_LOOK;
      looked = at;
      if (since === null) {
        since = at;
        turn(null);
        return;
      }
      if (at - since < MAX_BUSY_MS) return;
      stuck = true;
    }
    if (!told) {
      // Throws where the stack is full: the next check, further up, tells it.
      onStuck();
      told = true;
    }
    throw new Error("The page was stopped: it kept the browser busy for too long");
  };
}
