/**
 * Small pictures of other moments than the one that is played, for whoever looks along the timeline.
 *
 * Invariants: one picture is made at a time, and of what was asked for meanwhile only the last; what is kept is bounded.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Manifest, TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import { arrange } from "../pictures/arrangement.ts";
import { type Context, openCanvas } from "../pictures/canvas.ts";
import { drawFace, drawScreen } from "../pictures/faces_picture.ts";
import { type Palette, readPalette } from "../pictures/palette.ts";
import { StagePicture } from "../pictures/stage_picture.ts";
import { isWithin } from "../player/timeline.ts";
import type { RecordingApi, TrackSource } from "../recording/api.ts";
import { RecordingLog } from "../recording/log.ts";
import { readPeople } from "../recording/people.ts";
import { LessonWalk } from "../recording/walk_log.ts";
import { shownStage } from "../stages/worked_on.ts";

/** Drawn large and shown at a quarter of it, so that letters are those of the stage. */
const DRAWN = { width: 960, height: 540 };
export const GLIMPSE_SIZE = { width: 240, height: 135 };
const PIXEL_RATIO = 2;
/** So many moments of a lesson have a picture of their own. */
const MOMENTS = 240;
const MIN_STEP_MS = 1000;
const MAX_KEPT = 120;

export interface Glimpse {
  atMs: number;
  picture: ImageBitmap;
}

export class Glimpses {
  readonly #kept = new Map<number, Glimpse>();
  readonly #shown = signal<Glimpse | null>(null);
  readonly #walk: LessonWalk;
  readonly #log: RecordingLog;
  readonly #stage: StagePicture;
  #wanted: number | null = null;
  #making = false;
  #closed = false;

  constructor(
    api: RecordingApi,
    private readonly tracks: TrackSource,
    private readonly manifest: () => Manifest,
  ) {
    this.#log = new RecordingLog(api, manifest());
    this.#walk = new LessonWalk(this.#log, manifest);
    this.#stage = new StagePicture(manifest);
  }

  /** The picture of what was asked for last, once there is one. */
  get shown(): ReadonlySignal<Glimpse | null> {
    return this.#shown;
  }

  /** Null when nobody looks any more. */
  want(atMs: number | null): void {
    if (atMs === null) {
      this.#wanted = null;
      this.#shown.value = null;
      return;
    }
    const moment = this.#momentOf(atMs);
    if (moment === this.#wanted) return;
    this.#wanted = moment;
    this.#shown.value = this.#kept.get(moment) ?? null;
    if (!this.#making) void this.#makeWanted();
  }

  close(): void {
    this.#closed = true;
    this.#stage.close();
    this.#walk.close();
    for (const { picture } of this.#kept.values()) picture.close();
    this.#kept.clear();
    this.#shown.value = null;
  }

  #momentOf(atMs: number): number {
    const step = Math.max(MIN_STEP_MS, this.manifest().durationMs / MOMENTS);
    return Math.round(Math.floor(atMs / step) * step);
  }

  async #makeWanted(): Promise<void> {
    this.#making = true;
    try {
      while (!this.#closed && this.#wanted !== null && !this.#kept.has(this.#wanted)) {
        const atMs = this.#wanted;
        const glimpse = { atMs, picture: await this.#make(atMs) };
        if (this.#closed) return glimpse.picture.close();
        this.#keep(glimpse);
        if (this.#wanted === atMs) this.#shown.value = glimpse;
      }
    } catch {
      // Without its picture the line still says the time and what happened.
      this.#wanted = null;
    } finally {
      this.#making = false;
    }
  }

  #keep(glimpse: Glimpse): void {
    this.#kept.set(glimpse.atMs, glimpse);
    const [oldest] = this.#kept.values();
    if (this.#kept.size <= MAX_KEPT || oldest === undefined) return;
    this.#kept.delete(oldest.atMs);
    oldest.picture.close();
  }

  async #make(atMs: number): Promise<ImageBitmap> {
    this.#log.update(this.manifest());
    await this.#walk.to(atMs);
    const { canvas, context } = openCanvas({
      width: GLIMPSE_SIZE.width * PIXEL_RATIO,
      height: GLIMPSE_SIZE.height * PIXEL_RATIO,
    });
    context.scale(canvas.width / DRAWN.width, canvas.height / DRAWN.height);
    await this.#draw(context, atMs, readPalette());
    return canvas.transferToImageBitmap();
  }

  async #draw(context: Context, atMs: number, palette: Palette): Promise<void> {
    const { lesson, workedOn } = this.#walk;
    const pictures = this.manifest().tracks.filter(({ kind, spans }) =>
      kind === "video" && isWithin(spans, atMs)
    );
    const screen = pictures.find(({ source }) => source === "screen");
    const shown = shownStage(lesson.doc, {
      layout: "all",
      worked: workedOn.stage,
      screenShared: screen !== undefined,
    });
    const box = { x: 0, y: 0, ...DRAWN };
    if (shown === "board" || shown === "code") {
      return await this.#stage.draw(context, box, { shown, lesson, atMs, palette });
    }
    if (screen !== undefined) {
      const name = this.manifest().people
        .find(({ participantId }) => participantId === screen.participantId)?.name ?? "Somebody";
      return await this.#withFrame(
        screen,
        atMs,
        (frame) => drawScreen(context, box, { name, frame }, palette),
      );
    }
    context.fillStyle = palette.paper;
    context.fillRect(0, 0, DRAWN.width, DRAWN.height);
    const people = readPeople(lesson.doc);
    const { faces } = arrange(DRAWN, people.length, false);
    for (const [index, { id, name, audio }] of people.entries()) {
      const camera = pictures.find(({ participantId, source }) =>
        participantId === id && source === "video"
      );
      const scene = { name, speaks: false, muted: !audio.on };
      await this.#withFrame(
        camera,
        atMs,
        (frame) => drawFace(context, faces[index]!, { ...scene, frame }, palette),
      );
    }
  }

  /** The picture of a track at a time, where there is one and the browser decodes it. */
  async #withFrame(
    track: TrackManifest | undefined,
    atMs: number,
    draw: (frame: Parameters<typeof drawFace>[2]["frame"]) => void,
  ): Promise<void> {
    if (track === undefined || !("VideoDecoder" in globalThis)) return draw(null);
    const { TrackFrames } = await import("../pictures/track_frames.ts");
    const frames = new TrackFrames(this.tracks, track, { fromMs: atMs, toMs: atMs + 1 });
    try {
      draw(await frames.at(atMs));
    } finally {
      await frames.close();
    }
  }
}
