/**
 * Draws a lesson's picture at one time after another, only ever forward: the stage, and everybody's faces.
 *
 * Owns decoders and a board out of sight; close it. Invariant: what is held doesn't grow with the lesson.
 */
import type { Manifest, TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import { arrange } from "../pictures/arrangement.ts";
import { type Box, type Context, openCanvas, type Size } from "../pictures/canvas.ts";
import { drawFace, drawScreen } from "../pictures/faces_picture.ts";
import type { Palette } from "../pictures/palette.ts";
import { StagePicture } from "../pictures/stage_picture.ts";
import { TrackFrames } from "../pictures/track_frames.ts";
import { isWithin } from "../player/timeline.ts";
import type { TrackSource } from "../recording/api.ts";
import { readPeople } from "../recording/people.ts";
import type { LessonWalk } from "../recording/walk_log.ts";
import { type Shown, shownStage } from "../stages/worked_on.ts";
import type { Layout } from "../view.ts";

/** A board is drawn anew at most so often: it takes longer than all else. */
const BOARD_EVERY_MS = 400;

export interface SceneSources {
  tracks: TrackSource;
  manifest: Manifest;
  walk: LessonWalk;
  layout: Layout;
  palette: Palette;
}

interface Stage {
  shown: Shown;
  size: Size;
  context: Context;
  canvas: OffscreenCanvas;
  drawnAtMs: number;
}

export class FilmScene {
  readonly #frames = new Map<string, TrackFrames>();
  readonly #picture: StagePicture;
  #stage: Stage | null = null;
  /** Something that the stage shows is another than what is drawn. */
  #stale = true;

  constructor(private readonly sources: SceneSources) {
    this.#picture = new StagePicture(() => sources.manifest);
  }

  async draw(context: Context, size: Size, atMs: number): Promise<void> {
    const { walk, manifest, layout, palette } = this.sources;
    const moved = await walk.to(atMs);
    if (moved.replaced || moved.presenceChanged || moved.changed.size > 0) this.#stale = true;
    const tracks = manifest.tracks.filter(({ kind, spans }) =>
      kind === "video" && isWithin(spans, atMs)
    );
    const screen = tracks.find(({ source }) => source === "screen");
    const shown: Shown = layout === "faces"
      ? screen === undefined ? "nothing" : "screen"
      : shownStage(walk.lesson.doc, {
        layout,
        worked: walk.workedOn.stage,
        screenShared: screen !== undefined,
      });
    const people = readPeople(walk.lesson.doc);
    const { stage, faces } = arrange(size, people.length, shown !== "nothing");
    const cameraOf = (id: string) =>
      tracks.find(({ participantId, source }) => participantId === id && source === "video");
    const cameras = people.map(({ id, video }) =>
      video.on && !video.stoppedByHost ? cameraOf(id) : undefined
    );
    const wanted = [screen, ...cameras].filter((track) => track !== undefined);
    await this.#letGo(atMs);
    const frames = await Promise.all(wanted.map((track) => this.#framesOf(track).at(atMs)));
    const frameOf = (track: TrackManifest | undefined) =>
      track === undefined ? null : frames[wanted.indexOf(track)] ?? null;

    context.fillStyle = palette.paper;
    context.fillRect(0, 0, size.width, size.height);
    if (stage !== null && shown === "screen") {
      const name = this.#nameOf(screen?.participantId);
      drawScreen(context, stage, { name, frame: frameOf(screen) }, palette);
    } else if (stage !== null) {
      context.drawImage(await this.#stageAt(stage, shown, atMs), stage.x, stage.y);
      context.strokeStyle = palette.line;
      context.lineWidth = 1;
      context.strokeRect(stage.x - 0.5, stage.y - 0.5, stage.width + 1, stage.height + 1);
    }
    for (const [index, { id, name, audio }] of people.entries()) {
      const scene = {
        name,
        speaks: walk.lesson.speaker === id,
        muted: !audio.on,
        frame: frameOf(cameras[index]),
      };
      drawFace(context, faces[index]!, scene, palette);
    }
  }

  async close(): Promise<void> {
    this.#picture.close();
    await Promise.all([...this.#frames.values()].map((frames) => frames.close()));
    this.#frames.clear();
    this.sources.walk.close();
  }

  #framesOf(track: TrackManifest): TrackFrames {
    let frames = this.#frames.get(track.trackId);
    if (frames === undefined) {
      const reach = { fromMs: track.startMs, toMs: Infinity };
      frames = new TrackFrames(this.sources.tracks, track, reach);
      this.#frames.set(track.trackId, frames);
    }
    return frames;
  }

  async #letGo(atMs: number): Promise<void> {
    for (const { trackId, startMs, durationMs } of this.sources.manifest.tracks) {
      const frames = this.#frames.get(trackId);
      if (frames === undefined || atMs < startMs + durationMs) continue;
      this.#frames.delete(trackId);
      await frames.close();
    }
  }

  /** The stage as drawn last, or drawn anew when it is another by now. */
  async #stageAt(box: Box, shown: Shown, atMs: number): Promise<OffscreenCanvas> {
    const held = this.#stage;
    const isSame = held !== null && held.shown === shown && held.size.width === box.width &&
      held.size.height === box.height;
    const stage = isSame ? held : {
      shown,
      size: { width: box.width, height: box.height },
      ...openCanvas(box),
      drawnAtMs: -Infinity,
    };
    this.#stage = stage;
    const isDue = shown !== "board" || atMs - stage.drawnAtMs >= BOARD_EVERY_MS;
    if (isSame && !(this.#stale && isDue)) return stage.canvas;
    this.#stale = false;
    stage.drawnAtMs = atMs;
    if (shown !== "board" && shown !== "code") return stage.canvas;
    const { walk: { lesson }, palette } = this.sources;
    const whole = { x: 0, y: 0, ...stage.size };
    await this.#picture.draw(stage.context, whole, { shown, lesson, atMs, palette });
    return stage.canvas;
  }

  #nameOf(id: string | undefined): string {
    return this.sources.manifest.people.find(({ participantId }) => participantId === id)?.name ??
      "Somebody";
  }
}
