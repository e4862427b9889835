/** Bars for a connection that isn't good, with the words on hover. A good one shows nothing. */
import type { Quality } from "../media/engine.ts";

const WORDS: Readonly<Record<Quality, string>> = {
  0: "Nothing arrives from them at the moment",
  1: "Their connection is bad: picture and sound may stop",
  2: "Their connection is weak: the picture is reduced",
  3: "Their connection is fair",
  4: "Their connection is good",
};
const BARS = [1, 2, 3, 4] as const;

export function QualityBars({ quality, mine }: { quality: Quality; mine: boolean }) {
  if (quality >= 3) return null;
  const words = mine ? WORDS[quality].replace(/^Their/, "Your") : WORDS[quality];
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
