/**
 * What stands between a page and its server in browser tests: it can lose, alter and hold back messages of the key exchange,
 * and let everything come as late as on a TCP connection that loses packets.
 *
 * A message that is held lets others pass it; what is only late keeps its order.
 */
import type { Page } from "playwright-core";
import { seededChance } from "../room/lossy_socket.ts";

/** A request or notice of the key exchange, or the answer to one. */
export interface KeyMessage {
  kind: "request" | "answer" | "notice";
  method: string;
  /** The parameters, or the answer's result. */
  content: unknown;
  text: string;
}

/** What becomes of a message: its text, perhaps another and perhaps later; null loses it. */
export type Fate = string | null | Promise<string | null>;

interface InBetween {
  /** Asked for each message of the key exchange; without it all pass. */
  fateOf?(message: KeyMessage): Fate;
  /** How long everything from here on in one direction waits: a lost packet holds up what is behind it. */
  delayMs?(): number;
}

/** From now on, also when the page is loaded anew. */
export async function standBetween(page: Page, { fateOf, delayMs }: InBetween): Promise<void> {
  await page.routeWebSocket("**/api/socket", (socket) => {
    const server = socket.connectToServer();
    const asked = new Map<unknown, string>();
    const way = (send: (frame: string | Buffer) => void) => {
      let tail = Promise.resolve();
      return (frame: string | Buffer) => {
        const message = typeof frame === "string" ? keyMessage(frame, asked) : null;
        const fate = message === null || fateOf === undefined ? frame : fateOf(message);
        if (fate instanceof Promise) {
          return void fate.then((text) => {
            if (text !== null) send(text);
          });
        }
        if (fate === null) return;
        tail = tail.then(async () => {
          const waitMs = delayMs?.() ?? 0;
          if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
          send(fate);
        });
      };
    };
    server.onMessage(way((frame) => socket.send(frame)));
    socket.onMessage(way((frame) => server.send(frame)));
  });
}

function keyMessage(text: string, asked: Map<unknown, string>): KeyMessage | null {
  const { id, method, params, result } = JSON.parse(text);
  if (method === undefined) {
    const answered = asked.get(id);
    asked.delete(id);
    if (answered === undefined) return null;
    return { kind: "answer", method: answered, content: result, text };
  }
  if (!String(method).startsWith("keys.")) return null;
  if (id === undefined) return { kind: "notice", method, content: params, text };
  asked.set(id, method);
  return { kind: "request", method, content: params, text };
}

/** How long TCP waits at least before it sends a packet again (Linux). */
const RETRANSMISSION_MS = 200;

/**
 * Five per cent loss, by seed: every twentieth message of the key exchange doesn't arrive at all, and every twentieth of
 * all others comes as late as one whose packet was lost. `surely` are lost as well.
 */
export function losing(
  seed: number,
  surely: (message: KeyMessage) => boolean,
): Required<InBetween> {
  const chance = seededChance(seed);
  return {
    fateOf: (message) => surely(message) || chance() < 0.05 ? null : message.text,
    delayMs: () => chance() < 0.05 ? RETRANSMISSION_MS : 0,
  };
}

/** What those messages hold that tests look at. */
export type KeyContent = Record<"people" | "keys", Record<string, string>[]> & {
  publicKey: string;
};

/** What goes over the wires of a lesson: who is given keys, and what is held back on its way. */
export class KeyTraffic {
  /** Whether a message to or from somebody is held back. */
  holds: (name: string, message: KeyMessage) => boolean = () => false;
  /** The names of those who were given keys, each time that some were. */
  readonly given: (string | undefined)[][] = [];
  readonly #names = new Map<string, string>();
  readonly #held: (() => void)[] = [];

  get held(): number {
    return this.#held.length;
  }

  pass(name: string, message: KeyMessage): Fate {
    const { kind, method, text } = message;
    const { people, keys, publicKey } = (message.content ?? {}) as KeyContent;
    if (method === "keys.announce" && kind === "request") this.#names.set(publicKey, name);
    for (const { participantId, publicKey } of people ?? []) {
      this.#names.set(participantId!, this.#names.get(publicKey!) ?? "nobody");
    }
    if (method === "keys.distribute" && kind === "request") {
      this.given.push(keys.map(({ to }) => this.#names.get(to!)));
    }
    if (!this.holds(name, message)) return text;
    return new Promise((resolve) => this.#held.push(() => resolve(text)));
  }

  release(): void {
    this.holds = () => false;
    for (const go of this.#held.splice(0)) go();
  }
}
