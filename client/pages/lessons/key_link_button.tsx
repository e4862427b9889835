/** Copies a link to an encrypted recording that opens it on another device; for lessons whose key this browser holds. */
import { Check, KeyRound } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { linkWithKey } from "../../encryption/key_link.tsx";
import { askForLink, type Lesson } from "./lessons.ts";

type State = "ready" | "asking" | "copied" | "failed" | { byHand: string };

const WORDS = {
  ready: "Copy link with key",
  asking: "Copy link with key",
  copied: "Copied",
  failed: "Try again",
} as const;

export function KeyLinkButton({ lesson, token }: { lesson: Lesson; token: string }) {
  const state = useSignal<State>("ready");
  const { meetingId, title } = lesson;
  const copy = async () => {
    state.value = "asking";
    const url = await askForLink(token, meetingId, "recording");
    const link = url === null ? null : await linkWithKey(new URL(url), meetingId);
    if (link === null) return void (state.value = "failed");
    // The browser may forbid it: then the link is shown to be copied by hand.
    const copied = await navigator.clipboard.writeText(link).then(() => true, () => false);
    state.value = copied ? "copied" : { byHand: link };
  };
  const now = state.value;
  if (typeof now === "object") {
    return (
      <input
        class="input lesson-key-link"
        readOnly
        value={now.byHand}
        aria-label={`Link that carries the key: ${title}`}
        onFocus={(event) => event.currentTarget.select()}
      />
    );
  }
  const Icon = now === "copied" ? Check : KeyRound;
  return (
    <button
      type="button"
      class="button"
      disabled={now === "asking"}
      title="Opens the recording on another device. It carries the key: give it to nobody who mustn’t watch"
      aria-label={`${WORDS[now]}: ${title}`}
      onClick={() => void copy()}
      data-testid="lesson-key-link"
    >
      <Icon size={18} aria-hidden="true" />
      <span aria-live="polite">{WORDS[now]}</span>
    </button>
  );
}
