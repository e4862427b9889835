/** All keys of the replay. */
import { closeAround, Dialog } from "../../design/dialog.tsx";
import { SHORTCUTS } from "./keys.ts";
import { useReplay } from "./model.ts";
import "./keys_help.css";

export function KeysHelp() {
  const { view } = useReplay();
  return (
    <Dialog title="Keys" onClose={() => view.keysOpen.value = false}>
      <dl class="keys-list">
        {SHORTCUTS.map(({ shown, does }) => (
          <div key={shown}>
            <dt>
              <kbd>{shown}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
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
}
