/** A soft tone for the host when somebody waits, if they want one. */
import { type ReadonlySignal, signal } from "@preact/signals";

const KEY = "lectern.chime";
const NOTES_HZ = [587.33, 880];
const NOTE_S = 0.16;
const LOUDNESS = 0.06;

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

const wanted = signal(remembered());

/** Remembered on this device. */
export const chimeWanted: ReadonlySignal<boolean> = wanted;

export function setChimeWanted(on: boolean): void {
  wanted.value = on;
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Storage is off in this browser: the choice lasts as long as the page.
  }
}

export class Chime {
  #context: AudioContext | null = null;

  /** Where there is no sound to be had it stays silent. */
  ring(): void {
    if (!wanted.peek()) return;
    try {
      this.#play();
    } catch (error) {
      reportError(error);
    }
  }

  #play(): void {
    this.#context ??= new AudioContext();
    const context = this.#context;
    NOTES_HZ.forEach((hertz, index) => {
      const start = context.currentTime + index * NOTE_S;
      const tone = new OscillatorNode(context, { type: "sine", frequency: hertz });
      const envelope = new GainNode(context, { gain: 0 });
      envelope.gain.setValueAtTime(0, start);
      envelope.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
      envelope.gain.exponentialRampToValueAtTime(0.0001, start + NOTE_S * 3);
      tone.connect(envelope).connect(context.destination);
      tone.start(start);
      tone.stop(start + NOTE_S * 3);
    });
  }
}
