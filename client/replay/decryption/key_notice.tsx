/** Says that faces and voices can't be shown here because the key is elsewhere, and how to get at them. */
import { useReplay } from "../model.ts";

export function KeyNotice() {
  const { keys } = useReplay();
  if (keys.stand !== "missing") return null;
  return (
    <p class="replay-trouble" role="status" data-testid="key-missing">
      Faces and voices of this lesson are encrypted, and this browser has no key to them. Open the
      recording in a browser that took part in the lesson, or by a link that somebody copied there.
      Board, code and chat are here.
    </p>
  );
}
