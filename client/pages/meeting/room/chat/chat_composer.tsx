/**
 * Where a message is written. Enter sends, Shift+Enter begins a line; what was not sent stays.
 *
 * A link that breaks before the server's answer leaves open whether the message was taken: the chat itself tells.
 */
import { SendHorizontal } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { MAX_CHAT_CHARS } from "../../../../../rooms/contract/protocol/messages.ts";
import { RoomError } from "../../../../../rooms/contract/errors.ts";
import { IconButton } from "../../../../design/icon_button.tsx";
import { useRoom } from "../model.ts";
import { narrow } from "../stages/screen_size.ts";

/** From here on it is worth saying how much is left. */
const NEARLY_FULL_CHARS = MAX_CHAT_CHARS - 200;

export function ChatComposer() {
  const { room, view, chat } = useRoom();
  const field = useRef<HTMLTextAreaElement>(null);
  const sending = useSignal(false);
  const trouble = useSignal<string | null>(null);
  const length = useSignal(view.draft.length);
  /** Sent without an answer: the text, and the newest message of that moment. */
  const unanswered = useRef<{ text: string; after: string | undefined } | null>(null);

  useEffect(() => {
    // On a phone the keyboard would cover what there is to read.
    if (!narrow.value) field.current?.focus({ preventScroll: true });
    grow();
  }, []);

  const grow = () => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  };
  const write = (text: string) => {
    view.draft = text;
    length.value = text.length;
  };
  const clear = () => {
    trouble.value = null;
    unanswered.current = null;
    write("");
    if (field.current) field.current.value = "";
    grow();
  };
  const messages = chat.messages.value;
  useEffect(() => {
    const sent = unanswered.current;
    if (sent === null || view.draft.trim() !== sent.text) return;
    const from = messages.findLastIndex(({ id }) => id === sent.after) + 1;
    const taken = messages.slice(from)
      .some((message) => message.from === room.me.id && message.text === sent.text);
    if (taken) clear();
  }, [messages, trouble.value]);

  const send = async () => {
    const text = view.draft.trim();
    if (text === "" || sending.value) return;
    sending.value = true;
    const after = chat.messages.peek().at(-1)?.id;
    try {
      await room.request("chat.send", { text });
      clear();
    } catch (error) {
      if (!(error instanceof RoomError)) throw error;
      const { code, message } = error;
      unanswered.current = code === "unavailable" ? { text, after } : null;
      trouble.value = code === "unavailable"
        ? "Not sent: the connection is down. Your words stay here."
        : `Not sent: ${message}`;
    } finally {
      sending.value = false;
    }
  };

  if (!room.permissions.value.chat) {
    return <p class="chat-closed">In this lesson the host writes in the chat.</p>;
  }
  return (
    <form
      class="chat-composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {trouble.value && <p class="chat-trouble" role="alert">{trouble.value}</p>}
      {length.value > NEARLY_FULL_CHARS && (
        <p class="small soft numbers" role="status">{MAX_CHAT_CHARS - length.value} left</p>
      )}
      <div class="chat-write">
        <textarea
          ref={field}
          class="input"
          rows={1}
          placeholder="Write to everyone"
          aria-label="Write to everyone"
          maxLength={MAX_CHAT_CHARS}
          data-testid="chat-input"
          defaultValue={view.draft}
          onInput={(event) => {
            write(event.currentTarget.value);
            grow();
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            void send();
          }}
        />
        <IconButton
          icon={SendHorizontal}
          label="Send"
          shortcut="Enter"
          tipSide="left"
          disabled={length.value === 0}
          testId="chat-send"
          onClick={() => void send()}
        />
      </div>
    </form>
  );
}
