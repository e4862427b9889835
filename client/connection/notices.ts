/** Hands the server's notices to whoever listens; listeners outlive any one socket. */
import type { Notice, NoticeMethod, NoticeParams } from "../../rooms/contract/protocol/messages.ts";

type Listener = (params: never) => void;

export class NoticeListeners {
  readonly #listeners = new Map<NoticeMethod, Set<Listener>>();

  /** Answers a function that stops listening. */
  on<M extends NoticeMethod>(method: M, listener: (params: NoticeParams<M>) => void): () => void {
    const listeners = this.#listeners.get(method) ?? new Set<Listener>();
    this.#listeners.set(method, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** A listener that fails doesn't cost the others the notice. */
  emit(notice: Notice): void {
    for (const listener of [...(this.#listeners.get(notice.method) ?? [])]) {
      try {
        listener(notice.params as never);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
