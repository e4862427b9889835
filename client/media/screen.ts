/** The person's own shared screen: asked for, shown to the engine, ended from here or by the browser's own button. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { RoomError } from "../../rooms/contract/errors.ts";
import { canShareScreen } from "./devices.ts";

export interface ScreenTracks {
  picture: MediaStreamTrack | null;
  /** The sound of the shared tab or system, where the browser gives it. */
  sound: MediaStreamTrack | null;
}

const NOTHING: ScreenTracks = { picture: null, sound: null };

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
        // Sound that was made to be heard, not a voice: nothing of it may be filtered out.
        audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      });
    } catch (error) {
      if (error instanceof Error && error.name === "NotAllowedError") return false;
      throw new RoomError("unavailable", "The browser could not share this screen", {
        cause: error,
      });
    }
    this.stop();
    const [picture = null] = stream.getVideoTracks();
    const [sound = null] = stream.getAudioTracks();
    if (picture === null) return false;
    // Text has to stay sharp; movement may stutter.
    picture.contentHint = "detail";
    picture.addEventListener("ended", () => {
      if (this.#tracks.peek().picture === picture) this.stop();
    });
    this.#tracks.value = { picture, sound };
    return true;
  }

  stop(): void {
    const { picture, sound } = this.#tracks.peek();
    if (picture === null && sound === null) return;
    this.#tracks.value = NOTHING;
    picture?.stop();
    sound?.stop();
  }
}
