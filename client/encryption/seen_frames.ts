/**
 * Which frames of each page this page has taken: a server could send them again.
 *
 * A page counts all that it sends with one counter (ENCRYPTION.md, *Frames*), so one window a page serves all of its sources and
 * layers, and whatever receives them: a consumer that is made anew is shown nothing of before. Frames may overtake each other
 * and come again by retransmission within the window; what is older than it is refused, so that nothing can be kept back for
 * long either. A page that is loaded anew has another number, and begins with an empty window.
 * Memory is bounded: 1 KiB a page, of the pages that were heard last.
 */

/** How far frames may fall behind the newest one of their page. Of two cameras' worth of frames it is half a minute. */
export const WINDOW = 8192;
/** There are at most 200 people in a room. */
export const MAX_PAGES = 256;

const WORD_BITS = 32;

interface Window {
  newest: number;
  /** A bit for each counter of the window, at its remainder. */
  readonly bits: Uint32Array;
}

export class SeenFrames {
  /** By sender number and participant, the one that was heard longest ago first. */
  readonly #windows = new Map<string, Window>();

  /** Whether this authentic frame comes for the first time; from then on it doesn't. */
  take(page: { participantId: string; sender: number }, counter: number): boolean {
    const window = this.#windowOf(`${page.sender} ${page.participantId}`);
    if (counter <= window.newest - WINDOW) return false;
    this.#moveTo(window, counter);
    const at = counter % WINDOW;
    const word = Math.floor(at / WORD_BITS);
    const bit = 1 << at % WORD_BITS;
    if ((window.bits[word]! & bit) !== 0) return false;
    window.bits[word]! |= bit;
    return true;
  }

  #windowOf(name: string): Window {
    const window = this.#windows.get(name) ??
      { newest: -1, bits: new Uint32Array(WINDOW / WORD_BITS) };
    this.#windows.delete(name);
    this.#windows.set(name, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > MAX_PAGES && oldest !== undefined) this.#windows.delete(oldest);
    return window;
  }

  /** Lets the window end with this counter; what falls out of it makes room. */
  #moveTo(window: Window, counter: number): void {
    const { newest, bits } = window;
    if (counter <= newest) return;
    window.newest = counter;
    if (counter - newest >= WINDOW) return void bits.fill(0);
    for (let passed = newest + 1; passed <= counter; passed++) {
      const at = passed % WINDOW;
      bits[Math.floor(at / WORD_BITS)]! &= ~(1 << at % WORD_BITS);
    }
  }
}
