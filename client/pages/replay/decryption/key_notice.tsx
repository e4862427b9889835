/** Says that faces and voices can't be shown here because the key is elsewhere, and how to get at them. */
import { useSignal } from "@preact/signals";
import { useReplay } from "../model.ts";
import "./key_notice.css";

export function KeyNotice() {
  const { keys } = useReplay();
  const read = useSignal(false);
  if (keys.stand !== "missing" || read.value) return null;
  return (
    <div class="key-notice" role="status" data-testid="key-missing">
      <p>
        Faces and voices are encrypted, and their key isn’t in this browser. Watch where you took
        part, or by a link with the key that was copied there. Board, code and chat are here.
      </p>
      <button type="button" class="button" onClick={() => read.value = true}>Close</button>
    </div>
  );
}
