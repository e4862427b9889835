/**
 * What a recording is, as it is handed to a player: people, tracks, pauses, markers, and where the log is cut.
 *
 * Every time is in milliseconds from the recording's start, on the one timeline that updates and frames share.
 * FORMAT.md describes the whole format; golden files pin it. Invariant: within one version members are only added,
 * and a reader passes over those that it doesn't know.
 */
import { z } from "zod";
import { MEDIA_SOURCES } from "../document/schema.ts";

/** Raised when an older player could no longer play a recording. */
export const FORMAT_VERSION = 1;

const id = z.string().min(1).max(64);
const ms = z.number().min(0);

/** A stretch of the timeline; `toMs` is null while it goes on. */
export const stretchSchema = z.object({ fromMs: ms, toMs: ms.nullable() });
export type Stretch = z.infer<typeof stretchSchema>;

export const personSchema = z.object({
  participantId: id,
  name: z.string(),
  role: z.enum(["tutor", "student"]),
  /** When they were in the room. */
  stays: z.array(stretchSchema),
});

/** What one microphone, camera or screen sent from its start to its stop; a later start is another track. */
export const trackSchema = z.object({
  trackId: id,
  participantId: id,
  source: z.enum(MEDIA_SOURCES),
  kind: z.enum(["audio", "video"]),
  codec: z.enum(["opus", "vp8"]),
  /** What `MediaSource.addSourceBuffer` takes. */
  mimeType: z.string(),
  /** Width of the first frame in pixels; null for audio. Later frames may have another size. */
  width: z.int().nullable(),
  height: z.int().nullable(),
  /** Time 0 of the track's file lies here on the timeline. */
  startMs: ms,
  /** From `startMs` to the end of the last frame. */
  durationMs: ms,
  /** Length of the whole file, and of its beginning up to the first cluster. */
  bytes: z.int(),
  headerBytes: z.int(),
  /** Where there are frames; between them the source was muted, stopped or out of reach. */
  spans: z.array(z.object({ fromMs: ms, toMs: ms })),
});
export type TrackManifest = z.infer<typeof trackSchema>;

/** A piece of the log that can be played without any other: a snapshot, then what changed. */
export const segmentSchema = z.object({
  index: z.int(),
  fromMs: ms,
  /** Where the next one begins, or the end. */
  toMs: ms,
  /** Length of what `…/segments/{index}` answers. */
  bytes: z.int(),
});

/** Something that a person may want to jump to. */
export const markerSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("join"), atMs: ms, participantId: id }),
  z.object({ type: z.literal("leave"), atMs: ms, participantId: id }),
  /** The board is drawn on, after a minute or more without. */
  z.object({ type: z.literal("board"), atMs: ms }),
  /** A file is edited, after a minute or more without. */
  z.object({ type: z.literal("code"), atMs: ms }),
  z.object({ type: z.literal("run"), atMs: ms, runId: z.string(), participantId: z.string() }),
  z.object({ type: z.literal("chat"), atMs: ms, messageId: z.string(), participantId: z.string() }),
  z.object({ type: z.literal("screen"), atMs: ms, toMs: ms.nullable(), participantId: id }),
  z.object({ type: z.literal("pause"), atMs: ms, toMs: ms.nullable() }),
]);
export type Marker = z.infer<typeof markerSchema>;

/** What `GET /api/recordings/{id}` answers. */
export const manifestSchema = z.object({
  version: z.int(),
  recordingId: id,
  meetingId: id,
  title: z.string(),
  /** The lesson still runs: ask again for what has come since. */
  live: z.boolean(),
  state: z.enum(["recording", "paused", "ready"]),
  /** Unix ms of time 0. */
  startedAt: z.number(),
  /** The end of the timeline, or of what is kept so far. Pauses count. */
  durationMs: ms,
  /** Who asks: null for somebody with a link of the booking system. */
  you: z.object({
    participantId: id,
    name: z.string(),
    role: z.enum(["tutor", "student"]),
    /** What the booking says that they read. */
    locale: z.string().nullish(),
  }).nullable(),
  /** Whether the asker may delete the recording. */
  mayDelete: z.boolean(),
  people: z.array(personSchema),
  /** Joined the lesson first first. */
  tracks: z.array(trackSchema),
  /** Nothing of these stretches is kept: a player jumps over them. */
  pauses: z.array(stretchSchema),
  segments: z.array(segmentSchema),
  /** Oldest first. */
  markers: z.array(markerSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;
