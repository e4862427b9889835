/** Whether everything is stored. A moment's delay is not worth a word. */
import { Check, CloudOff, CloudUpload } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useRoom } from "../model.ts";

const PATIENCE_MS = 900;

export function SaveIndicator() {
  const { unsaved, offline, kept } = useRoom().room.saved.value;
  const pending = unsaved > 0;
  const slow = useSignal(false);
  useEffect(() => {
    slow.value = false;
    if (!pending) return;
    const timer = setTimeout(() => slow.value = true, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [pending]);

  const [Icon, words] = offline
    ? [
      CloudOff,
      kept
        ? "Offline: your changes are kept on this device"
        : "Offline: leave this page open, only it has your changes",
    ] as const
    : pending && slow.value
    ? [CloudUpload, unsaved === 1 ? "1 unsaved change" : `${unsaved} unsaved changes`] as const
    : [Check, "Saved"] as const;
  return (
    <span class="saved" role="status" data-testid="saved">
      <Icon size={16} aria-hidden="true" />
      <span>{words}</span>
    </span>
  );
}
