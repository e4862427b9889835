/** Says that nobody else can come in. */
import { Lock } from "lucide-preact";
import { useRoom } from "../model.ts";

export function LockedBadge() {
  if (!useRoom().room.meeting.value.locked) return null;
  return (
    <span class="badge" title="Nobody else can come in until the host unlocks the room">
      <Lock size={14} aria-hidden="true" />
      <span class="unseen">Locked</span>
      <span class="badge-words" aria-hidden="true">Locked</span>
    </span>
  );
}
