/**
 * The person's own microphone, camera and loudspeaker: found, chosen, opened, remembered.
 *
 * The lobby opens them and hands the same object to the room, so that nobody is asked twice.
 * Invariants: a track in `microphone` or `camera` is live and nobody else stops it; a camera that is off holds no
 * track, so that its light is off; only the newest wish for a source takes effect.
 */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type DeviceChoices, readChoices, type SoundMode, writeChoices } from "./choices.ts";
import { type DeviceTrouble, platformTrouble, troubleOf } from "./trouble.ts";

export type { DeviceChoices, DeviceTrouble, SoundMode };

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

/** One of the person's own sources. */
export interface OwnSource {
  /** What the person wants. */
  on: boolean;
  /** Live while there is one. A muted microphone keeps its track, disabled; a camera that is off has none. */
  track: MediaStreamTrack | null;
  /** The browser is asking, or the device is starting. */
  opening: boolean;
  /** With a live track: the change to another device failed. */
  trouble: DeviceTrouble | null;
}

export interface SwitchOptions {
  /** Whether the next visit starts like this. By default it does. */
  remember?: boolean;
}

export interface Devices {
  readonly lists: ReadonlySignal<DeviceLists>;
  readonly choices: ReadonlySignal<DeviceChoices>;
  readonly microphone: ReadonlySignal<OwnSource>;
  readonly camera: ReadonlySignal<OwnSource>;
  /** Opens what the remembered choices want, in one question where possible. Never rejects. */
  start(): Promise<void>;
  /** Never rejects: a failure shows as the source's `trouble`, with `on` false. */
  setMicrophone(on: boolean, options?: SwitchOptions): Promise<void>;
  setCamera(on: boolean, options?: SwitchOptions): Promise<void>;
  /** Changes the device in place; the room goes on with the new track. */
  chooseMicrophone(id: string | null): Promise<void>;
  chooseCamera(id: string | null): Promise<void>;
  chooseSpeaker(id: string | null): void;
  /** Opens the microphone anew; the track's `contentHint` says what it is for. */
  chooseSound(mode: SoundMode): Promise<void>;
  /** Stops every track and listener. */
  close(): void;
}

export function openDevices(): Devices {
  return new OwnDevices();
}

/** Whether this browser can share a screen (phones mostly can't). */
export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

type Kind = "microphone" | "camera";
const KINDS: readonly Kind[] = ["microphone", "camera"];
const OFF: OwnSource = { on: false, track: null, opening: false, trouble: null };

class OwnDevices implements Devices {
  readonly lists = signal<DeviceLists>({ microphones: [], cameras: [], speakers: [] });
  readonly choices = signal(readChoices());
  readonly microphone = signal<OwnSource>(OFF);
  readonly camera = signal<OwnSource>(OFF);
  /** The newest wish for each source, by number: an older one that comes true late is dropped. */
  readonly #wishes: Record<Kind, number> = { microphone: 0, camera: 0 };
  readonly #permissions: PermissionStatus[] = [];
  #closed = false;

  constructor() {
    navigator.mediaDevices?.addEventListener("devicechange", this.#refresh);
    void this.#refresh();
    for (const kind of KINDS) void this.#watchPermission(kind);
  }

  async start(): Promise<void> {
    const { microphoneOn, cameraOn } = this.choices.peek();
    const wanted = KINDS.filter((kind) => kind === "microphone" ? microphoneOn : cameraOn)
      .filter((kind) => this.#source(kind).peek().track === null);
    for (const kind of wanted) this.#want(kind);
    await this.#open(wanted, false);
  }

  async setMicrophone(on: boolean, { remember = true }: SwitchOptions = {}): Promise<void> {
    if (remember) this.#choose({ microphoneOn: on });
    const { track } = this.microphone.peek();
    if (track === null) return await this.#switch("microphone", on);
    track.enabled = on;
    this.microphone.value = { on, track, opening: false, trouble: null };
  }

  async setCamera(on: boolean, { remember = true }: SwitchOptions = {}): Promise<void> {
    if (remember) this.#choose({ cameraOn: on });
    if (on && this.camera.peek().track !== null) return;
    await this.#switch("camera", on);
  }

  async chooseMicrophone(id: string | null): Promise<void> {
    this.#choose({ microphoneId: id });
    await this.#reopenMicrophone(true);
  }

  async chooseSound(mode: SoundMode): Promise<void> {
    if (this.choices.peek().sound === mode) return;
    this.#choose({ sound: mode });
    await this.#reopenMicrophone(false);
  }

  async #reopenMicrophone(exact: boolean): Promise<void> {
    const { on, track } = this.microphone.peek();
    if (on || track !== null) await this.#open(["microphone"], exact);
  }

  async chooseCamera(id: string | null): Promise<void> {
    this.#choose({ cameraId: id });
    if (this.camera.peek().on) await this.#open(["camera"], true);
  }

  chooseSpeaker(id: string | null): void {
    this.#choose({ speakerId: id });
  }

  close(): void {
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener("devicechange", this.#refresh);
    for (const status of this.#permissions) status.onchange = null;
    for (const kind of KINDS) this.#end(kind);
  }

  #source(kind: Kind): Signal<OwnSource> {
    return kind === "microphone" ? this.microphone : this.camera;
  }

  #choose(change: Partial<DeviceChoices>): void {
    this.choices.value = { ...this.choices.peek(), ...change };
    writeChoices(this.choices.peek());
  }

  async #switch(kind: Kind, on: boolean): Promise<void> {
    if (!on) return this.#end(kind);
    this.#want(kind);
    await this.#open([kind], false);
  }

  #want(kind: Kind): void {
    const source = this.#source(kind);
    source.value = { ...source.peek(), on: true };
  }

  #end(kind: Kind): void {
    this.#wishes[kind]++;
    stop(this.#source(kind).peek().track);
    this.#source(kind).value = OFF;
  }

  /** Opens the sources with one question; asks again for each alone when that fails for a reason of one. */
  async #open(kinds: readonly Kind[], exact: boolean): Promise<void> {
    if (kinds.length === 0) return;
    const trouble = platformTrouble();
    const wishes = kinds.map((kind) => ({ kind, wish: ++this.#wishes[kind] }));
    if (trouble !== null) {
      for (const { kind } of wishes) this.#fail(kind, trouble);
      return;
    }
    for (const { kind } of wishes) {
      const source = this.#source(kind);
      source.value = { ...source.peek(), opening: true, trouble: null };
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.#constraints(kinds, exact));
      const [microphone] = stream.getAudioTracks();
      const [camera] = stream.getVideoTracks();
      for (const { kind, wish } of wishes) {
        const track = kind === "microphone" ? microphone : camera;
        if (track !== undefined) this.#take(kind, wish, track);
      }
      void this.#refresh();
    } catch (error) {
      await this.#openFailed(wishes, error);
    }
  }

  async #openFailed(
    wishes: readonly { kind: Kind; wish: number }[],
    error: unknown,
  ): Promise<void> {
    const trouble = troubleOf(error);
    for (const { kind, wish } of wishes) {
      if (this.#wishes[kind] !== wish) continue;
      // Whoever said no to both is not asked again; a source that is already granted needs no question.
      const alone = wishes.length > 1 &&
        (trouble !== "denied" || await this.#permission(kind) === "granted");
      if (alone) await this.#open([kind], false);
      else this.#fail(kind, trouble);
    }
  }

  #take(kind: Kind, wish: number, track: MediaStreamTrack): void {
    if (this.#closed || this.#wishes[kind] !== wish) return track.stop();
    const source = this.#source(kind);
    const { on, track: earlier } = source.peek();
    track.enabled = on;
    track.contentHint = kind === "microphone" ? this.choices.peek().sound : "motion";
    track.addEventListener("ended", () => void this.#ended(kind, track));
    source.value = { on, track, opening: false, trouble: null };
    stop(earlier);
  }

  #fail(kind: Kind, trouble: DeviceTrouble): void {
    const source = this.#source(kind);
    const { on, track } = source.peek();
    // When a change of device fails, the one that worked goes on.
    source.value = track?.readyState === "live"
      ? { on, track, opening: false, trouble }
      : { on: false, track: null, opening: false, trouble };
  }

  /** The device went away in use: another one of its kind takes over when there is one. */
  async #ended(kind: Kind, track: MediaStreamTrack): Promise<void> {
    const { track: current, on } = this.#source(kind).peek();
    if (current !== track) return;
    const wish = ++this.#wishes[kind];
    this.#fail(kind, "ended");
    await this.#refresh();
    const { microphones, cameras } = this.lists.peek();
    const others = kind === "microphone" ? microphones : cameras;
    if (on && others.length > 0 && this.#wishes[kind] === wish) await this.#switch(kind, true);
  }

  #constraints(kinds: readonly Kind[], exact: boolean): MediaStreamConstraints {
    const { microphoneId, cameraId, sound } = this.choices.peek();
    const speech = sound === "speech";
    const device = (id: string | null) =>
      id === null ? {} : { deviceId: exact ? { exact: id } : { ideal: id } };
    return {
      audio: kinds.includes("microphone") && {
        echoCancellation: speech,
        noiseSuppression: speech,
        autoGainControl: speech,
        channelCount: { ideal: speech ? 1 : 2 },
        ...device(microphoneId),
      },
      video: kinds.includes("camera") && {
        width: { ideal: 1280 },
        height: { ideal: 720 },
        frameRate: { ideal: 30, max: 30 },
        // On a phone the default would be the camera that looks away.
        ...(cameraId === null ? { facingMode: "user" } : device(cameraId)),
      },
    };
  }

  async #permission(kind: Kind): Promise<PermissionState | null> {
    return (await queryPermission(kind))?.state ?? null;
  }

  /** Who allows a device in the browser's settings after all sees the trouble go. */
  async #watchPermission(kind: Kind): Promise<void> {
    const status = await queryPermission(kind);
    if (status === null || this.#closed) return;
    this.#permissions.push(status);
    status.onchange = () => {
      if (status.state !== "denied") this.#forgive(kind, "denied");
    };
  }

  #forgive(kind: Kind, ...troubles: DeviceTrouble[]): void {
    const source = this.#source(kind);
    const { trouble } = source.peek();
    if (trouble !== null && troubles.includes(trouble)) source.value = OFF;
  }

  readonly #refresh = async (): Promise<void> => {
    if (navigator.mediaDevices?.enumerateDevices === undefined) return;
    const found = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    if (this.#closed) return;
    this.lists.value = {
      microphones: ofKind(found, "audioinput"),
      cameras: ofKind(found, "videoinput"),
      speakers: "setSinkId" in HTMLMediaElement.prototype ? ofKind(found, "audiooutput") : [],
    };
    if (this.lists.peek().microphones.length > 0) this.#forgive("microphone", "none", "ended");
    if (this.lists.peek().cameras.length > 0) this.#forgive("camera", "none", "ended");
  };
}

function stop(track: MediaStreamTrack | null): void {
  track?.stop();
}

/** Chromium lists the default twice; for us it is the id null. Before permission ids are empty. */
function ofKind(found: readonly MediaDeviceInfo[], kind: MediaDeviceKind): DeviceInfo[] {
  return found
    .filter((device) => device.kind === kind)
    .filter(({ deviceId }) => !["", "default", "communications"].includes(deviceId))
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

async function queryPermission(kind: Kind): Promise<PermissionStatus | null> {
  try {
    return await navigator.permissions.query({ name: kind as PermissionName });
  } catch {
    // Older Firefox doesn't know these names.
    return null;
  }
}
