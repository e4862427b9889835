/** Says what of an encrypted recording can't be shown here, and why. */
import { useSignal } from "@preact/signals";
import { useReplay } from "../model.ts";
import "./key_notice.css";

/** The key is elsewhere. */
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

/** The server shows one moment in another's place. */
export function OrderNotice() {
  const replay = useReplay();
  const read = useSignal(false);
  if (!replay.misplaced || read.value) return null;
  return (
    <div class="key-notice" role="status" data-testid="misplaced">
      <p>
        Some faces or voices came from another moment of the lesson than the one that they were to
        be shown at. They are left out, also of what you save; the rest plays on. This should never
        happen: please tell whoever runs your lessons.
      </p>
      <button type="button" class="button" onClick={() => read.value = true}>Close</button>
    </div>
  );
}
