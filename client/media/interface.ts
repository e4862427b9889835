/** What the room's screens know of media, and what the engine takes. */
import type { ReadonlySignal } from "@preact/signals";
import type { DeviceOptions } from "mediasoup-client/types";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import type { MediaConnection } from "../connection/interface.ts";
import type { Devices } from "./devices.ts";
import type { Loudspeaker } from "./playback.ts";
import type { ConnectionReport, Quality } from "./quality.ts";
import type { ReceivedTracks } from "./streams.ts";

/** `connecting` also while it mends itself; `unsupported` is a browser without WebRTC, or without the encryption asked for. */
export type MediaState = "idle" | "connecting" | "connected" | "unsupported";

export interface ScreenState {
  on: boolean;
  /** For the person's own preview. */
  track: MediaStreamTrack | null;
}

/** Attaches end-to-end encryption to each sender and receiver before its first frame. */
export interface FrameCryptor {
  /** False in a browser that can't encrypt: nothing is sent or received then. */
  readonly supported: boolean;
  /** What peer connections have to be made with. */
  readonly peerSettings: Record<string, unknown>;
  sender(sender: RTCRtpSender, source: MediaSource): void;
  receiver(
    receiver: RTCRtpReceiver,
    participantId: string,
    source: MediaSource,
    consumerId: string,
  ): void;
}

export interface MediaOptions {
  connection: MediaConnection;
  devices: Devices;
  cryptor?: FrameCryptor;
  /** For browsers that mediasoup-client doesn't recognise; by default it looks itself. */
  handlerName?: NonNullable<DeviceOptions["handlerName"]>;
  /** By default audio elements of this page, at the chosen loudspeaker. */
  loudspeaker?: Loudspeaker;
}

export interface RoomMedia {
  readonly state: ReadonlySignal<MediaState>;
  /** By participant id; an entry appears with its first track, and a picture only while it is on. Never the person's own. */
  readonly streams: ReadonlySignal<ReadonlyMap<string, ReceivedTracks>>;
  readonly screen: ReadonlySignal<ScreenState>;
  /** Loudest first; empty when nobody speaks. Levels are dBov (−127…0). */
  readonly speakers: ReadonlySignal<readonly { participantId: string; level: number }[]>;
  /** By participant id, the person's own included; absent for who sends nothing. */
  readonly quality: ReadonlySignal<ReadonlyMap<string, Quality>>;
  /** What the server says of everybody's connection, in figures. */
  readonly connections: ReadonlySignal<readonly ConnectionReport[]>;
  /** Pictures that this page's connection has no room for, as `participantId/source`. Sound goes on. */
  readonly starved: ReadonlySignal<ReadonlySet<string>>;
  /** The browser plays no sound before a click: show a button that calls {@linkcode RoomMedia.play}. */
  readonly needsGesture: ReadonlySignal<boolean>;
  play(): Promise<void>;
  /** Rejects with a RoomError when the host's policy says no; a device's failure is in `devices`. */
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** Asks which screen. False when the person changed their mind; rejects with a RoomError when refused. */
  startScreen(): Promise<boolean>;
  stopScreen(): Promise<void>;
  /** How large a picture is shown, in device pixels; chooses what the server sends. 0 × 0 pauses it. */
  setPictureSize(participantId: string, source: MediaSource, width: number, height: number): void;
  close(): void;
}
