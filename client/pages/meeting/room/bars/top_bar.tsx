/** The lesson's name, how long it lasts, whether it is recorded, and the choice of stage. */
import { EncryptionBadge } from "./encryption_badge.tsx";
import { Elapsed } from "./elapsed.tsx";
import { LeaveMenu } from "./leave_menu.tsx";
import { useRoom } from "../model.ts";
import { RecordingBadge } from "./recording_badge.tsx";
import { narrow } from "../stages/screen_size.ts";
import { StageSwitch } from "./stage_switch.tsx";
import { LockedBadge } from "./locked_badge.tsx";

export function TopBar() {
  const { room } = useRoom();
  return (
    <header class="top-bar">
      <h1 class="top-title">{room.meeting.value.title || "Lesson"}</h1>
      <Elapsed />
      <RecordingBadge />
      <EncryptionBadge />
      <LockedBadge />
      <StageSwitch />
      {narrow.value && <LeaveMenu />}
    </header>
  );
}
