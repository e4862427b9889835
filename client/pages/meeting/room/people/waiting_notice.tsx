/** Tells the host who waits, with the answer at hand, while the list of people is closed. */
import { useRoom } from "../model.ts";

export function WaitingNotice() {
  const model = useRoom();
  const waiting = model.connection.waiting.value;
  const [first] = waiting;
  if (first === undefined || model.view.panel.value === "people") return null;
  const { ticket, name } = first;
  const more = waiting.length - 1;
  return (
    <div class="message-card" data-testid="waiting-notice">
      <p>
        <strong>{name}</strong> waits to be let in.
        {more > 0 && ` So ${more === 1 ? "does one other" : `do ${more} others`}.`}
      </p>
      <div class="message-actions">
        <button
          type="button"
          class="button button-main"
          data-testid="admit"
          onClick={() => void model.command("admission.admit", { ticket })}
        >
          Let in
        </button>
        <button
          type="button"
          class="button"
          data-testid="refuse"
          onClick={() => void model.command("admission.refuse", { ticket })}
        >
          Refuse
        </button>
        {more > 0 && (
          <button
            type="button"
            class="button button-quiet"
            onClick={() => model.view.togglePanel("people")}
          >
            See all
          </button>
        )}
      </div>
    </div>
  );
}
