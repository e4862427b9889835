/** What is asked or shown on top of the room: ending it, and all keys. */
import { closeAround, Confirm, Dialog } from "../../../../design/dialog.tsx";
import { shortcutsOf } from "../keys.ts";
import { useRoom } from "../model.ts";

export function Questions() {
  const model = useRoom();
  const close = () => model.view.question.value = null;
  switch (model.view.question.value) {
    case "end":
      return (
        <Confirm
          title="End the lesson for everyone?"
          effect="Everybody leaves the room, and the lesson counts as held. What was written is kept."
          action="End the lesson"
          onConfirm={() => void model.command("meeting.end", {})}
          onClose={close}
        />
      );
    case "keys":
      return (
        <Dialog title="Keys" onClose={close} testId="keys">
          <dl class="keys-list">
            {shortcutsOf(model).map(({ key, does }) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <p class="small soft">They rest while you type.</p>
          <div class="dialog-actions">
            <button
              type="button"
              class="button"
              onClick={(event) => closeAround(event.currentTarget)}
            >
              Close
            </button>
          </div>
        </Dialog>
      );
    case null:
      return null;
  }
}
