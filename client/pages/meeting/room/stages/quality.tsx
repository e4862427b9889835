/** Bars for a connection that isn't good, with the words on hover. A good one shows nothing. */
import type { ConnectionReport, Quality } from "../../../../media/engine.ts";

const WORDS: Readonly<Record<Quality, string>> = {
  0: "Nothing arrives from them at the moment",
  1: "Their connection is bad: picture and sound may stop",
  2: "Their connection is weak: the picture is reduced",
  3: "Their connection is fair",
  4: "Their connection is good",
};
const BARS = [1, 2, 3, 4] as const;

export interface QualityBarsProps {
  quality: Quality;
  mine: boolean;
  /** What the server says of the connection. */
  report?: ConnectionReport | undefined;
}

/** Why, in figures: only those that are worth a word. */
function figures({ lost, roundTripMs }: ConnectionReport): string {
  const parts = [
    lost >= 0.01 && `${Math.round(lost * 100)}% lost on the way`,
    roundTripMs !== null && roundTripMs >= 100 && `${Math.round(roundTripMs)} ms there and back`,
  ].filter(Boolean);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

export function QualityBars({ quality, mine, report }: QualityBarsProps) {
  if (quality >= 3) return null;
  const plain = mine ? WORDS[quality].replace(/^Their/, "Your") : WORDS[quality];
  const words = report === undefined ? plain : plain + figures(report);
  return (
    <span class="quality" role="img" aria-label={words} title={words}>
      {BARS.map((bar) => (
        <i
          key={bar}
          class={bar <= quality ? "lit" : ""}
          style={{ height: `${bar * 25}%` }}
        />
      ))}
    </span>
  );
}
