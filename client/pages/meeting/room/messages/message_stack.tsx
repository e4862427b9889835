/** Short messages and questions over the stage, never in the way of the controls. */
import { X } from "lucide-preact";
import { useRoom } from "../model.ts";
import type { RoomMessage } from "./messages.ts";
import { WaitingNotice } from "../people/waiting_notice.tsx";

export function MessageStack() {
  const { messages } = useRoom();
  return (
    <>
      <div
        class="messages"
        role="region"
        aria-label="Messages"
        aria-live="polite"
        data-testid="messages"
      >
        <WaitingNotice />
        {messages.shown.value.map((message) => <Message key={message.id} message={message} />)}
      </div>
      <p class="unseen" aria-live="polite">{messages.announced.value}</p>
    </>
  );
}

function Message({ message }: { message: RoomMessage }) {
  const { messages } = useRoom();
  return (
    <div class="message-card">
      <p>{message.text}</p>
      {message.actions.length > 0 && (
        <div class="message-actions">
          {message.actions.map((action) => (
            <button
              key={action.label}
              type="button"
              class={`button ${action.main ? "button-main" : ""}`}
              onClick={() => {
                messages.dismiss(message.id);
                action.run();
              }}
            >
              {action.label}
            </button>
          ))}
        </div>
      )}
      {message.actions.length === 0 && (
        <button
          type="button"
          class="icon-button message-close"
          aria-label="Close this message"
          onClick={() => messages.dismiss(message.id)}
        >
          <X size={18} aria-hidden="true" />
        </button>
      )}
    </div>
  );
}
