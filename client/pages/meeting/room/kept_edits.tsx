/** Work that could not be merged when the room started afresh: never thrown away without the person's word. */
import { Download } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { closeAround, Dialog } from "../../../design/dialog.tsx";
import { useRoom } from "./model.ts";

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function KeptEditsNotice() {
  const { room } = useRoom();
  const open = useSignal(true);
  const { kept } = room;
  if (kept === null || kept.changes === 0 || !open.value) return null;
  return (
    <Dialog title="Some changes could not be merged" onClose={() => open.value = false}>
      <p>
        Changes that you made did not reach the others, and the room has started afresh from what
        everyone has.
      </p>
      {kept.files.size > 0 && (
        <>
          <p>Your own version of these files is here to take along:</p>
          <ul class="kept-files">
            {[...kept.files].map(([name, text]) => (
              <li key={name}>
                <button type="button" class="button" onClick={() => save(name, text)}>
                  <Download size={18} aria-hidden="true" />
                  {name}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="dialog-actions">
        <button
          type="button"
          class="button button-main"
          onClick={(event) => closeAround(event.currentTarget)}
        >
          Go on
        </button>
      </div>
    </Dialog>
  );
}
