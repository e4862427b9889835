/** The chat as it stood then; each message leads to its moment. */
import { X } from "lucide-preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "../../design/icon_button.tsx";
import { MessageText } from "../../design/chat_text.tsx";
import "../../design/chat.css";
import { sayElapsed } from "../../words/time.ts";
import { useChat } from "./lesson_views.ts";
import { useReplay } from "./model.ts";
import "./chat.css";

export function ChatAt() {
  const replay = useReplay();
  const messages = useChat();
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [messages.length]);
  const { startedAt } = replay.manifest.value;
  return (
    <section class="panel" aria-label="Chat" data-testid="replay-chat">
      <header class="panel-head">
        <h2>Chat</h2>
        <IconButton
          icon={X}
          label="Close the chat"
          onClick={() => replay.view.chatOpen.value = false}
        />
      </header>
      <div class="chat-list" ref={list} tabIndex={0} aria-label="Messages">
        {messages.length === 0 && <p class="chat-empty">Nothing written yet at this point.</p>}
        {messages.map((message) => (
          <div key={message.id} class="chat-message" data-testid="replay-message">
            <p class="chat-head">
              <strong>{message.name}</strong>
              <button
                type="button"
                class="moment numbers"
                onClick={() =>
                  replay.seek(message.at - startedAt)}
              >
                {sayElapsed(message.at - startedAt)}
              </button>
            </p>
            <MessageText text={message.text} />
          </div>
        ))}
      </div>
    </section>
  );
}
