/** The person's own shared screen: asked for, shown to the engine, ended from here or by the browser's own button. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { RoomError } from "../../rooms/contract/errors.ts";
import { canShareScreen } from "./devices.ts";

export interface ScreenTracks {
  video: MediaStreamTrack | null;
  /** The audio of the shared tab or system, where the browser gives it. */
  audio: MediaStreamTrack | null;
}

const NOTHING: ScreenTracks = { video: null, audio: null };

export class ScreenCapture {
  readonly #tracks = signal<ScreenTracks>(NOTHING);
  readonly tracks: ReadonlySignal<ScreenTracks> = this.#tracks;

  /** Asks which screen. False when the person changed their mind. @throws RoomError where there is no sharing. */
  async start(): Promise<boolean> {
    if (!canShareScreen()) {
      throw new RoomError("unavailable", "This browser can't share a screen");
    }
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { ideal: 15, max: 30 } },
        // Audio that was made to be heard, not a voice: nothing of it may be filtered out.
        audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      });
    } catch (error) {
      if (error instanceof Error && error.name === "NotAllowedError") return false;
      throw new RoomError("unavailable", "The browser could not share this screen", {
        cause: error,
      });
    }
    this.stop();
    const [video = null] = stream.getVideoTracks();
    const [audio = null] = stream.getAudioTracks();
    if (video === null) return false;
    // Text has to stay sharp; movement may stutter.
    video.contentHint = "detail";
    video.addEventListener("ended", () => {
      if (this.#tracks.peek().video === video) this.stop();
    });
    this.#tracks.value = { video, audio };
    return true;
  }

  stop(): void {
    const { video, audio } = this.#tracks.peek();
    if (video === null && audio === null) return;
    this.#tracks.value = NOTHING;
    video?.stop();
    audio?.stop();
  }
}
