/**
 * The person's own microphone, camera and loudspeaker: found, chosen, opened, remembered.
 *
 * The lobby opens them and hands the same object to the room, so that nobody is asked twice.
 */
import type { ReadonlySignal } from "@preact/signals";

/** Why there is no picture or no sound from this device. */
export type DeviceTrouble =
  /** The person or the browser's settings said no. */
  | "denied"
  /** No such device is connected. */
  | "none"
  /** Another program holds it, or the hardware failed. */
  | "busy"
  /** The page is neither https nor localhost: browsers give no devices. */
  | "insecure"
  /** This browser can't. */
  | "unsupported"
  /** It was pulled out or taken away while in use. */
  | "ended";

export interface DeviceInfo {
  id: string;
  /** Empty until the person has granted access. */
  label: string;
}

export interface DeviceLists {
  microphones: readonly DeviceInfo[];
  cameras: readonly DeviceInfo[];
  /** Empty where the browser can't choose a loudspeaker. */
  speakers: readonly DeviceInfo[];
}

/** Remembered on this device. An id of null means the system's default. */
export interface DeviceChoices {
  microphoneId: string | null;
  cameraId: string | null;
  speakerId: string | null;
  microphoneOn: boolean;
  cameraOn: boolean;
}

/** One of the person's own sources. */
export interface OwnSource {
  /** What the person wants. */
  on: boolean;
  /** Live while there is one. A muted microphone keeps its track, disabled; a camera that is off has none. */
  track: MediaStreamTrack | null;
  /** The browser is asking, or the device is starting. */
  opening: boolean;
  trouble: DeviceTrouble | null;
}

export interface Devices {
  readonly lists: ReadonlySignal<DeviceLists>;
  readonly choices: ReadonlySignal<DeviceChoices>;
  readonly microphone: ReadonlySignal<OwnSource>;
  readonly camera: ReadonlySignal<OwnSource>;
  /** Opens what the remembered choices want, in one question where possible. Never rejects. */
  start(): Promise<void>;
  /** Never rejects: a failure shows as the source's `trouble`, with `on` false. */
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** Changes the device in place; the room goes on with the new track. */
  chooseMicrophone(id: string | null): Promise<void>;
  chooseCamera(id: string | null): Promise<void>;
  chooseSpeaker(id: string | null): void;
  /** Stops every track and listener. */
  close(): void;
}

export declare function openDevices(): Devices;

/** Whether this browser can share a screen (phones mostly can't). */
export declare function canShareScreen(): boolean;
