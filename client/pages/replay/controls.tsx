/** Play, back and on, how fast, how loud, and a copy of this moment to try things in. */
import {
  Captions,
  CopyPlus,
  FastForward,
  Pause,
  Play,
  RotateCcw,
  RotateCw,
  Volume2,
  VolumeX,
} from "lucide-preact";
import { IconButton } from "../../design/icon_button.tsx";
import { Menu, MenuItem } from "../../design/menu.tsx";
import { sayElapsed } from "../../words/time.ts";
import { RATES, useReplay } from "./model.ts";
import "./controls.css";

export function Controls() {
  const replay = useReplay();
  const playing = replay.playing.value;
  const rate = replay.rate.value;
  const silent = replay.volume.value === 0;
  const { live, durationMs } = replay.manifest.value;
  const atEdge = live && replay.at.value >= replay.endMs.value - 2000;
  return (
    <div class="replay-controls">
      <div class="controls-left">
        <IconButton
          icon={playing ? Pause : Play}
          label={playing ? "Pause" : "Play"}
          shortcut="Space"
          class="play"
          testId="play"
          onClick={() => replay.setPlaying(!playing)}
        />
        <IconButton
          icon={RotateCcw}
          label="10 seconds back"
          shortcut="J"
          onClick={() => replay.seekBy(-10_000)}
        />
        <IconButton
          icon={RotateCw}
          label="10 seconds on"
          shortcut="L"
          onClick={() => replay.seekBy(10_000)}
        />
        <span class="numbers time" data-testid="time">
          {sayElapsed(replay.at.value)}
          <span class="soft">{` / ${sayElapsed(durationMs)}`}</span>
        </span>
        {live && (
          <button
            type="button"
            class="badge badge-button"
            aria-pressed={atEdge}
            onClick={() => {
              replay.seek(replay.endMs.value);
              replay.setPlaying(true);
            }}
          >
            {atEdge ? "Live" : "Go to live"}
          </button>
        )}
        {replay.waiting.value && <span class="soft small" role="status">Loading…</span>}
      </div>
      <div class="controls-right">
        <IconButton
          icon={silent ? VolumeX : Volume2}
          label={silent ? "Sound on" : "Sound off"}
          shortcut="M"
          pressed={silent}
          class="sound"
          onClick={() => replay.setVolume(silent ? 1 : 0)}
        />
        <IconButton
          icon={Captions}
          label="Names of who speaks"
          shortcut="C"
          pressed={replay.view.captions.value}
          testId="captions"
          onClick={() => replay.view.captions.value = !replay.view.captions.value}
        />
        <IconButton
          icon={FastForward}
          label="Skip silence"
          pressed={replay.skipsSilence.value}
          testId="skip-silence"
          onClick={() => void replay.setSkipsSilence(!replay.skipsSilence.value)}
        />
        <Menu
          label={`Speed: ${rate}×`}
          tip="Speed (< and >)"
          testId="rate"
          button={<span class="numbers rate">{rate}×</span>}
        >
          {RATES.map((choice) => (
            <MenuItem
              key={choice}
              label={`${choice}×`}
              checked={choice === rate}
              testId={`rate-${choice}`}
              onSelect={() => replay.setRate(choice)}
            />
          ))}
        </Menu>
        <button
          type="button"
          class="button open-here"
          aria-label="Open here"
          data-testid="open-here"
          data-tip="A copy of board and code at this moment, yours to change"
          data-tip-side="left"
          onClick={() => {
            replay.setPlaying(false);
            replay.view.copyOf.value = replay.at.value;
          }}
        >
          <CopyPlus size={18} aria-hidden="true" />
          <span>Open here</span>
        </button>
      </div>
    </div>
  );
}
