/** The devices that a person chose, remembered in this browser. */

/** What the microphone is for: speech is freed of echo and noise, an instrument is sent in stereo as it sounds. */
export type SoundMode = "speech" | "music";

/** An id of null means the system's default. */
export interface DeviceChoices {
  microphoneId: string | null;
  cameraId: string | null;
  speakerId: string | null;
  microphoneOn: boolean;
  cameraOn: boolean;
  sound: SoundMode;
}

const KEY = "lectern:devices";
const DEFAULTS: DeviceChoices = {
  microphoneId: null,
  cameraId: null,
  speakerId: null,
  microphoneOn: true,
  cameraOn: true,
  sound: "speech",
};

/** What was remembered, with defaults for what was not or makes no sense. */
export function parseChoices(text: string | null): DeviceChoices {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? "{}");
  } catch {
    return DEFAULTS;
  }
  if (typeof stored !== "object" || stored === null) return DEFAULTS;
  const fields = stored as Record<string, unknown>;
  const id = (name: string) => typeof fields[name] === "string" ? fields[name] : null;
  return {
    microphoneId: id("microphoneId"),
    cameraId: id("cameraId"),
    speakerId: id("speakerId"),
    microphoneOn: fields.microphoneOn !== false,
    cameraOn: fields.cameraOn !== false,
    sound: fields.sound === "music" ? "music" : "speech",
  };
}

export function readChoices(): DeviceChoices {
  try {
    return parseChoices(localStorage.getItem(KEY));
  } catch {
    return DEFAULTS;
  }
}

export function writeChoices(choices: DeviceChoices): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choices));
  } catch {
    // Forbidden or full: this page still knows.
  }
}
