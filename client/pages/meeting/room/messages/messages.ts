/**
 * What the room says without stopping anybody: short messages that go by themselves, questions that stay
 * until answered, and words for those who listen instead of look.
 *
 * Invariant: at most {@linkcode MAX_SHOWN} are shown; a question pushes a passing message out, not another question.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

export const MAX_SHOWN = 4;
const PASSING_MS = 7_000;

export interface MessageAction {
  label: string;
  main?: boolean;
  run: () => void;
}

export interface RoomMessage {
  id: number;
  text: string;
  actions: readonly MessageAction[];
}

export class Messages {
  readonly #shown = signal<readonly RoomMessage[]>([]);
  readonly #announced = signal("");
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #nextId = 1;

  get shown(): ReadonlySignal<readonly RoomMessage[]> {
    return this.#shown;
  }

  /** Read aloud by assistive technology, never shown. */
  get announced(): ReadonlySignal<string> {
    return this.#announced;
  }

  announce(text: string): void {
    // The same words twice in a row would not be read again without a change.
    this.#announced.value = this.#announced.peek() === text ? `${text}\u00a0` : text;
  }

  /** Says it and takes it away after a while. */
  say(text: string): void {
    const id = this.#add(text, []);
    this.#timers.set(id, setTimeout(() => this.dismiss(id), PASSING_MS));
  }

  /** Stays until an action is pressed or it is dismissed; answers its id. */
  ask(text: string, actions: readonly MessageAction[]): number {
    return this.#add(text, actions);
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#shown.value = this.#shown.peek().filter((message) => message.id !== id);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#shown.value = [];
  }

  #add(text: string, actions: readonly MessageAction[]): number {
    const id = this.#nextId++;
    const shown = this.#shown.peek().filter((message) => message.text !== text);
    while (shown.length >= MAX_SHOWN) {
      const passing = shown.findIndex((message) => message.actions.length === 0);
      shown.splice(Math.max(0, passing), 1);
    }
    this.#shown.value = [...shown, { id, text, actions }];
    return id;
  }
}
