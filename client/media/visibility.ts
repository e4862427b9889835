/** Whether anybody can see this page's pictures: not in a tab that has been hidden for a while. */
import { type ReadonlySignal, signal } from "@preact/signals";

/** A look into another tab and back costs nothing. */
const HIDDEN_AFTER_MS = 5_000;

export class PageVisibility {
  readonly #hidden = signal(false);
  readonly hidden: ReadonlySignal<boolean> = this.#hidden;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    // Tests run the engine without a page.
    globalThis.document?.addEventListener("visibilitychange", this.#look);
  }

  close(): void {
    clearTimeout(this.#timer);
    globalThis.document?.removeEventListener("visibilitychange", this.#look);
  }

  readonly #look = (): void => {
    clearTimeout(this.#timer);
    // A picture in a window of its own is seen whatever its tab does.
    const seen = document.visibilityState === "visible" || document.pictureInPictureElement;
    if (seen) this.#hidden.value = false;
    else this.#timer = setTimeout(() => this.#hidden.value = true, HIDDEN_AFTER_MS);
  };
}
