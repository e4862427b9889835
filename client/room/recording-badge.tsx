/** Says that the lesson is recorded, or that recording is paused. The host pauses and resumes it here. */
import { Pause, Play } from "lucide-preact";
import { Menu, MenuItem } from "../design/menu.tsx";
import { useRoom } from "./model.ts";

export function RecordingBadge() {
  const model = useRoom();
  const { state } = model.room.meeting.value.recording;
  if (state === "off") return null;
  const paused = state === "paused";
  const words = paused ? "Recording paused" : "REC";
  const badge = (
    <>
      <span class={`recording-dot ${paused ? "recording-paused" : ""}`} aria-hidden="true" />
      {words}
    </>
  );
  if (!model.room.permissions.value.host) {
    return (
      <span class="badge recording" role="status" data-testid="recording">
        {badge}
        {!paused && <span class="unseen">This lesson is being recorded</span>}
      </span>
    );
  }
  return (
    <Menu
      label={paused ? words : `${words}: this lesson is being recorded`}
      button={badge}
      buttonClass="badge badge-button recording"
      testId="recording"
    >
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
