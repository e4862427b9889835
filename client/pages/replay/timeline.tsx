/** The whole lesson as a line to seek on: what happened when, pauses, and a glimpse of the time under the pointer. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Manifest, Marker } from "../../../rooms/contract/recording/manifest.ts";
import { sayElapsed } from "../../words/time.ts";
import { GlimpseView } from "./glimpse/glimpse_view.tsx";
import { useReplay } from "./model.ts";
import "./timeline.css";

/** Markers nearer to the pointer than this are named. */
const NEAR_PART = 0.012;
const MAX_NAMED = 3;

export function Timeline() {
  const replay = useReplay();
  const hover = useSignal<number | null>(null);
  const manifest = replay.manifest.value;
  const { durationMs, markers } = manifest;
  const length = Math.max(1, durationMs);
  const part = (atMs: number) => `${Math.min(100, 100 * atMs / length)}%`;
  const marks = useMemo(
    () => markers.map((marker, index) => <Mark key={index} marker={marker} length={length} />),
    [markers, length],
  );
  const at = replay.at.value;
  const onMove = (event: PointerEvent) => {
    // A finger covers what it points at.
    if (event.pointerType === "touch") return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    hover.value = length * Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  return (
    <div
      class="timeline"
      onPointerMove={onMove}
      onPointerLeave={() => hover.value = null}
    >
      <div class="timeline-line" aria-hidden="true">
        <i class="timeline-past" style={{ width: part(at) }} />
        {marks}
      </div>
      <input
        type="range"
        class="timeline-seek"
        aria-label="Moment of the lesson"
        aria-valuetext={sayElapsed(at)}
        data-testid="seek"
        min={0}
        max={length}
        step="any"
        value={at}
        onInput={(event) => replay.seek(event.currentTarget.valueAsNumber)}
      />
      {hover.value !== null && (
        <div class="timeline-label" style={{ "--at": part(hover.value) }} aria-hidden="true">
          <GlimpseView atMs={hover.value} />
          <strong class="numbers">{sayElapsed(hover.value)}</strong>
          {namesNear(hover.value, manifest).map((name) => <span key={name}>{name}</span>)}
        </div>
      )}
    </div>
  );
}

function Mark({ marker, length }: { marker: Marker; length: number }) {
  const left = `${100 * marker.atMs / length}%`;
  if (marker.type !== "pause" && marker.type !== "screen") {
    return <i class={`mark mark-${marker.type}`} style={{ left }} />;
  }
  const width = `${100 * ((marker.toMs ?? length) - marker.atMs) / length}%`;
  return <i class={`mark mark-${marker.type}`} style={{ left, width }} />;
}

/** What happened around a moment, in words. */
export function namesNear(atMs: number, { markers, people, durationMs }: Manifest): string[] {
  const nearMs = Math.max(1500, durationMs * NEAR_PART);
  const nameOf = (id: string) =>
    people.find(({ participantId }) => participantId === id)?.name ?? "Somebody";
  const names = markers
    .filter((marker) => {
      const toMs = "toMs" in marker ? marker.toMs ?? durationMs : marker.atMs + nearMs;
      return marker.atMs - nearMs <= atMs && atMs <= toMs;
    })
    .map((marker) => {
      switch (marker.type) {
        case "join":
          return `${nameOf(marker.participantId)} came`;
        case "leave":
          return `${nameOf(marker.participantId)} left`;
        case "board":
          return "The board is drawn on";
        case "code":
          return "Code is written";
        case "run":
          return `${nameOf(marker.participantId)} ran the code`;
        case "chat":
          return `${nameOf(marker.participantId)} wrote in the chat`;
        case "screen":
          return `${nameOf(marker.participantId)} shares a screen`;
        case "pause":
          return "Recording paused";
      }
    });
  return [...new Set(names)].slice(0, MAX_NAMED);
}
