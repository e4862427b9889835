/**
 * The charts of a lesson: plain SVG that stretches to its place. What a chart shows also stands beside it in words,
 * so that nothing is lost without seeing it.
 */
import { hueOf } from "../../design/initials.ts";
import type { Stay } from "./analytics.ts";

export interface Part {
  value: number;
  /** The end of a class name, `chart-good` for one; or whose part it is. */
  tone: "accent" | "good" | "fair" | "poor" | { person: string };
}

const WIDTH = 1000;

/** Parts one behind the other, as shares of `whole`. */
export function Bar({ parts, whole }: { parts: readonly Part[]; whole: number }) {
  let at = 0;
  return (
    <svg
      class="chart-bar"
      viewBox={`0 0 ${WIDTH} 10`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {parts.map(({ value, tone }, index) => {
        const width = whole <= 0 ? 0 : Math.min(1, value / whole) * WIDTH;
        const x = at;
        at += width;
        return typeof tone === "string"
          ? <rect key={index} x={x} width={width} height="10" class={`chart-${tone}`} />
          : (
            <rect
              key={index}
              x={x}
              width={width}
              height="10"
              class="chart-person"
              style={{ "--hue": hueOf(tone.person) }}
            />
          );
      })}
    </svg>
  );
}

interface TimelineProps {
  stays: readonly Stay[];
  /** What the whole width stands for, Unix ms. */
  from: number;
  to: number;
}

/** When somebody was in the room. */
export function Timeline({ stays, from, to }: TimelineProps) {
  const scale = (at: number) => Math.max(0, Math.min(1, (at - from) / Math.max(1, to - from)));
  return (
    <svg
      class="chart-bar"
      viewBox={`0 0 ${WIDTH} 10`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {stays.map((stay) => {
        const x = scale(stay.from) * WIDTH;
        // A short stay stays visible.
        const width = Math.max(4, scale(stay.to ?? to) * WIDTH - x);
        return <rect key={stay.from} x={x} width={width} height="10" class="chart-accent" />;
      })}
    </svg>
  );
}
