/**
 * Plays what others say, through the chosen loudspeaker.
 *
 * Browsers may refuse to play before the person has touched the page: that is shown, and any touch mends it.
 */
import { effect, type ReadonlySignal, signal } from "@preact/signals";

/** Where received audio goes. */
export interface Loudspeaker {
  /** The browser waits for a click before it plays. */
  readonly needsGesture: ReadonlySignal<boolean>;
  /** Plays exactly these tracks from now on. */
  show(tracks: ReadonlySet<MediaStreamTrack>): void;
  /** Call from a click. */
  play(): Promise<void>;
  close(): void;
}

const GESTURES = ["pointerdown", "keydown"] as const;

export class Playback implements Loudspeaker {
  readonly needsGesture = signal(false);
  readonly #elements = new Map<MediaStreamTrack, HTMLAudioElement>();
  readonly #speakerId: ReadonlySignal<string | null>;
  readonly #stopFollowing: () => void;

  constructor(speakerId: ReadonlySignal<string | null>) {
    this.#speakerId = speakerId;
    this.#stopFollowing = effect(() => {
      const sink = speakerId.value;
      for (const element of this.#elements.values()) void setSink(element, sink);
    });
    for (const gesture of GESTURES) {
      document.addEventListener(gesture, this.#onGesture, { capture: true });
    }
  }

  show(tracks: ReadonlySet<MediaStreamTrack>): void {
    for (const [track, element] of this.#elements) {
      if (tracks.has(track)) continue;
      element.srcObject = null;
      this.#elements.delete(track);
    }
    for (const track of tracks) {
      if (this.#elements.has(track)) continue;
      const element = new Audio();
      element.srcObject = new MediaStream([track]);
      this.#elements.set(track, element);
      void setSink(element, this.#speakerId.peek()).then(() => this.#start(element));
    }
  }

  async play(): Promise<void> {
    this.needsGesture.value = false;
    await Promise.all([...this.#elements.values()].map((element) => this.#start(element)));
  }

  close(): void {
    this.#stopFollowing();
    for (const gesture of GESTURES) {
      document.removeEventListener(gesture, this.#onGesture, { capture: true });
    }
    this.show(new Set());
  }

  async #start(element: HTMLAudioElement): Promise<void> {
    try {
      await element.play();
    } catch (error) {
      // AbortError: the track went before it played.
      if (error instanceof Error && error.name === "NotAllowedError") {
        this.needsGesture.value = true;
      }
    }
  }

  readonly #onGesture = (): void => {
    if (this.needsGesture.peek()) void this.play();
  };
}

/** A loudspeaker that is gone gives way to the system's default. */
async function setSink(element: HTMLAudioElement, id: string | null): Promise<void> {
  if (typeof element.setSinkId !== "function") return;
  await element.setSinkId(id ?? "").catch(() => element.setSinkId("").catch(() => {}));
}
