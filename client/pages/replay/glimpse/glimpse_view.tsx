/** The small picture over the timeline. Its place is kept while it comes. */
import { useEffect, useRef } from "preact/hooks";
import { useReplay } from "../model.ts";
import { GLIMPSE_SIZE } from "./glimpses.ts";

export function GlimpseView({ atMs }: { atMs: number }) {
  const { glimpses } = useReplay();
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = glimpses.shown.value;
  useEffect(() => glimpses.want(atMs), [atMs]);
  useEffect(() => () => glimpses.want(null), []);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const { width, height } = context.canvas;
    if (shown === null) context.clearRect(0, 0, width, height);
    else context.drawImage(shown.picture, 0, 0, width, height);
  }, [shown]);
  return (
    <canvas
      ref={canvas}
      class="timeline-glimpse"
      data-testid="glimpse"
      data-at-ms={shown?.atMs}
      width={2 * GLIMPSE_SIZE.width}
      height={2 * GLIMPSE_SIZE.height}
    />
  );
}
