/**
 * The room's sound and pictures: publishes the person's own sources and receives everybody else's.
 *
 * Loaded with the room, never by the lobby.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { MediaSource } from "../../rooms/document/schema.ts";
import type { MediaConnection } from "../connection/session.ts";
import type { Devices } from "./devices.ts";

/** What one participant sends, as far as it has arrived. Sound is played by the engine itself. */
export type ReceivedTracks = Readonly<Partial<Record<MediaSource, MediaStreamTrack>>>;

/** Bars on a tile: 4 is good, 1 is bad, 0 is nothing arriving. */
export type Quality = 0 | 1 | 2 | 3 | 4;

/** `connecting` also while it mends itself; `unsupported` is a browser without WebRTC. */
export type MediaState = "idle" | "connecting" | "connected" | "unsupported";

export interface ScreenState {
  on: boolean;
  /** For the person's own preview. */
  track: MediaStreamTrack | null;
}

/** Attaches end-to-end encryption to each sender and receiver before its first frame. */
export interface FrameCryptor {
  sender(sender: RTCRtpSender, source: MediaSource): void;
  receiver(receiver: RTCRtpReceiver, participantId: string, source: MediaSource): void;
}

export interface MediaOptions {
  connection: MediaConnection;
  devices: Devices;
  cryptor?: FrameCryptor;
}

export interface RoomMedia {
  readonly state: ReadonlySignal<MediaState>;
  /** By participant id; an entry appears with its first track. Never the person's own. */
  readonly streams: ReadonlySignal<ReadonlyMap<string, ReceivedTracks>>;
  readonly screen: ReadonlySignal<ScreenState>;
  /** Loudest first; empty when nobody speaks. Levels are dBov (−127…0). */
  readonly speakers: ReadonlySignal<readonly { participantId: string; level: number }[]>;
  /** By participant id, the person's own included. */
  readonly quality: ReadonlySignal<ReadonlyMap<string, Quality>>;
  /** The browser plays no sound before a click: show a button that calls {@linkcode RoomMedia.play}. */
  readonly needsGesture: ReadonlySignal<boolean>;
  play(): Promise<void>;
  /** Rejects with a RoomError when the host's policy says no; a device's failure is in `devices`. */
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  /** Asks which screen. Answers false when the person changed their mind; rejects with a RoomError when refused. */
  startScreen(): Promise<boolean>;
  stopScreen(): Promise<void>;
  /** How large a picture is shown, in device pixels; chooses what the server sends. 0 × 0 pauses it. */
  setPictureSize(participantId: string, source: MediaSource, width: number, height: number): void;
  close(): void;
}

/** Starts as soon as the connection has a welcome, and follows it through every reconnect. */
export declare function openMedia(options: MediaOptions): RoomMedia;
