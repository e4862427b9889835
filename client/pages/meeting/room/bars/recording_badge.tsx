/**
 * Says that the lesson is recorded, that recording is paused, or that nothing can be kept and why. The host pauses
 * and resumes it here.
 */
import { Pause, Play, TriangleAlert } from "lucide-preact";
import type { RecordingTrouble } from "../../../../../rooms/contract/document/schema.ts";
import { Menu, MenuItem } from "../../../../design/menu.tsx";
import { useRoom } from "../model.ts";

const REASONS: Record<RecordingTrouble, { short: string; sentence: string }> = {
  "disk-full": { short: "disk full", sentence: "The server's disk is full." },
  storage: { short: "can't be stored", sentence: "The server can't store it." },
};

export function RecordingBadge() {
  const model = useRoom();
  const { state, trouble } = model.room.meeting.value.recording;
  if (state === "off") return null;
  const paused = state === "paused";
  const reason = trouble === undefined || paused ? null : REASONS[trouble];
  const look = reason === null ? "recording" : "recording recording-trouble";
  const badge = reason === null
    ? (
      <>
        <span class={`recording-dot ${paused ? "recording-paused" : ""}`} aria-hidden="true" />
        {paused ? "Recording paused" : "REC"}
      </>
    )
    : (
      <>
        <TriangleAlert size={14} aria-hidden="true" />
        <span>
          Not recorded<span class="badge-words">: {reason.short}</span>
        </span>
      </>
    );
  const meaning = reason === null
    ? "This lesson is being recorded"
    : `This lesson isn't being recorded now. ${reason.sentence}`;
  if (!model.room.permissions.value.host) {
    return (
      <span class={`badge ${look}`} role="status" data-testid="recording">
        {badge}
        {!paused && <span class="unseen">{meaning}</span>}
      </span>
    );
  }
  return (
    <Menu
      label={paused ? "Recording paused" : reason === null ? `REC: ${meaning}` : meaning}
      button={badge}
      buttonClass={`badge badge-button ${look}`}
      testId="recording"
    >
      {reason !== null && (
        <p class="menu-none recording-why">
          {reason.sentence}{" "}
          Video and sound of now aren't kept. The recording goes on by itself as soon as it can.
        </p>
      )}
      {paused
        ? (
          <MenuItem
            icon={Play}
            label="Resume recording"
            detail="Everyone sees that it goes on."
            onSelect={() => void model.command("recording.resume", {})}
          />
        )
        : (
          <MenuItem
            icon={Pause}
            label="Pause recording"
            detail="Nothing of what happens meanwhile is kept."
            onSelect={() => void model.command("recording.pause", {})}
          />
        )}
    </Menu>
  );
}
