/** A row of bars that shows how loud a microphone is. */
import { openMeter } from "./meter.ts";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import "./level.css";

const BARS = 8;
/** Speech sits low on a linear scale: a root spreads it over the bars. */
const lit = (level: number) => Math.round(Math.min(1, Math.sqrt(level) * 1.4) * BARS);

export function Level({ track }: { track: MediaStreamTrack }) {
  const bars = useSignal(0);
  useEffect(() => {
    const meter = openMeter(track);
    const stop = meter.level.subscribe((level) => bars.value = lit(level));
    return () => {
      stop();
      meter.close();
    };
  }, [track]);
  return (
    <span class="level" aria-hidden="true">
      {Array.from(
        { length: BARS },
        (_, bar) => <i key={bar} class={bar < bars.value ? "lit" : ""} />,
      )}
    </span>
  );
}
