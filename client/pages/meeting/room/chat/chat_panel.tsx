/** The chat: what was written, newest at the bottom, and the place to write. */
import { ArrowDown } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { ChatMessage } from "../../../../../rooms/contract/document/schema.ts";
import { ChatComposer } from "./chat_composer.tsx";
import { MessageText } from "../../../../design/chat_text.tsx";
import { useRoom } from "../model.ts";
import { sayClock } from "../../../../words/time.ts";
import "../../../../design/chat.css";

/** Messages of one author within this time stand under one name. */
const TOGETHER_MS = 5 * 60_000;
/** Nearer to the end than this counts as reading the end. */
const NEAR_END_PX = 80;

export function ChatPanel() {
  const { chat } = useRoom();
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useSignal(true);
  const messages = chat.messages.value;

  const toEnd = () => list.current?.scrollTo({ top: list.current.scrollHeight });
  useLayoutEffect(() => {
    if (atEnd.value) toEnd();
  }, [messages]);
  useEffect(() => {
    if (atEnd.value) chat.markSeen();
  }, [messages, atEnd.value]);

  const onScroll = () => {
    const element = list.current;
    if (element === null) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    atEnd.value = left < NEAR_END_PX;
  };
  return (
    <>
      <div
        class="chat-list"
        ref={list}
        role="log"
        aria-label="Messages"
        tabIndex={0}
        onScroll={onScroll}
        data-testid="chat-list"
      >
        {chat.hidden > 0 && (
          <p class="chat-older">
            {chat.hidden} older {chat.hidden === 1 ? "message is" : "messages are"} not shown
          </p>
        )}
        {messages.length === 0 && (
          <p class="chat-empty">
            Nothing written yet. Links become clickable, and code between backticks keeps its form.
          </p>
        )}
        {messages.map((message, index) => (
          <Message key={message.id} message={message} before={messages[index - 1]} />
        ))}
      </div>
      {!atEnd.value && chat.unread.value > 0 && (
        <button type="button" class="button chat-newer" onClick={toEnd}>
          <ArrowDown size={16} aria-hidden="true" />
          New messages
        </button>
      )}
      <ChatComposer />
    </>
  );
}

interface MessageProps {
  message: ChatMessage;
  before: ChatMessage | undefined;
}

function Message({ message, before }: MessageProps) {
  const { room } = useRoom();
  const mine = message.from === room.me.id;
  const follows = before !== undefined && before.from === message.from &&
    message.at - before.at < TOGETHER_MS;
  return (
    <div
      class={`chat-message ${follows ? "chat-follows" : ""}`}
      data-testid="chat-message"
    >
      {!follows && (
        <p class="chat-head">
          <strong>{mine ? "You" : message.name}</strong>
          <time class="numbers" dateTime={new Date(message.at).toISOString()}>
            {sayClock(message.at)}
          </time>
        </p>
      )}
      <MessageText text={message.text} />
    </div>
  );
}
