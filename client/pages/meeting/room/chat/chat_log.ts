/**
 * The chat as this page shows it: the newest messages, and how many came unread.
 *
 * Invariant: however long the chat, at most {@linkcode MAX_SHOWN} messages are held for showing.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type * as Y from "yjs";
import { readMessages } from "../../../../../rooms/contract/document/reading.ts";
import { type ChatMessage, chatOf } from "../../../../../rooms/contract/document/schema.ts";
import { observe } from "../../../../../rooms/contract/document/shielded.ts";

export const MAX_SHOWN = 500;

export class ChatLog {
  readonly #messages = signal<readonly ChatMessage[]>([]);
  readonly #seen = signal(0);
  readonly #total = signal(0);
  readonly #chat: Y.Array<Y.Map<unknown>>;
  readonly #stopWatching: () => void;
  readonly #listeners = new Set<(message: ChatMessage) => void>();
  readonly #me: string;

  /** Messages of others that came since the chat was last in view. */
  readonly unread: ReadonlySignal<number> = computed(() => {
    const fresh = this.#total.value - this.#seen.value;
    if (fresh <= 0) return 0;
    return this.#messages.value.slice(-fresh).filter((message) => message.from !== this.#me).length;
  });

  constructor(doc: Y.Doc, me: string) {
    this.#chat = chatOf(doc);
    this.#me = me;
    this.#load();
    this.#seen.value = this.#total.value;
    this.#stopWatching = observe(this.#chat, this.#onChange);
  }

  get messages(): ReadonlySignal<readonly ChatMessage[]> {
    return this.#messages;
  }

  /** Older messages that are not held for showing. */
  get hidden(): number {
    return this.#total.value - this.#messages.value.length;
  }

  markSeen(): void {
    this.#seen.value = this.#total.value;
  }

  /** Tells of each message of somebody else as it comes. */
  onArrival(listener: (message: ChatMessage) => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    this.#stopWatching();
    this.#listeners.clear();
  }

  #load(): void {
    const total = this.#chat.length;
    this.#messages.value = readMessages(this.#chat.slice(Math.max(0, total - MAX_SHOWN)));
    this.#total.value = total;
  }

  readonly #onChange = (): void => {
    const before = this.#total.value;
    this.#load();
    const fresh = this.#total.value - before;
    // A first synchronisation brings the past, which is no news.
    if (before === 0 && fresh > 1) this.#seen.value = this.#total.value;
    else if (fresh > 0) {
      for (const message of this.#messages.value.slice(-fresh)) {
        if (message.from === this.#me) continue;
        for (const listener of this.#listeners) listener(message);
      }
    }
  };
}
