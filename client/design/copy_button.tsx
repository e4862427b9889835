/** Copies a text and says so for a moment. */
import { Check, Copy } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { shared } from "../words/messages/shared/messages.ts";

const SAID_MS = 2000;

export function CopyButton({ text, label }: { text: string; label: string }) {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) return;
    const timer = setTimeout(() => copied.value = false, SAID_MS);
    return () => clearTimeout(timer);
  }, [copied.value]);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    copied.value = true;
  };
  const Icon = copied.value ? Check : Copy;
  return (
    <button type="button" class="button" aria-label={label} onClick={copy}>
      <Icon size={18} aria-hidden="true" />
      <span aria-live="polite">{shared.say(copied.value ? "copied" : "copy")}</span>
    </button>
  );
}
