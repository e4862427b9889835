/** Offers a link that opens an encrypted recording on another device; nothing where this browser holds no key to it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { CopyButton } from "../design/copy_button.tsx";
import { encryption } from "../words/messages/encryption/messages.ts";
import "./encryption.css";

export function KeyLink({ href, meetingId }: { href: string; meetingId: string }) {
  const link = useSignal<string | null>(null);
  useEffect(() => {
    void linkWithKey(new URL(href, location.href), meetingId).then((found) => link.value = found);
  }, [href, meetingId]);
  if (link.value === null) return null;
  return (
    <section class="key-link" data-testid="key-link">
      <p>{encryption.say("keyLink.what")}</p>
      <p class="key-link-row">
        <input
          class="input"
          readOnly
          value={link.value}
          aria-label={encryption.say("keyLink.label")}
        />
        <CopyButton text={link.value} label={encryption.say("keyLink.copy")} />
      </p>
    </section>
  );
}

/** The recording's address with the key in its fragment, or null when this browser has none. */
export async function linkWithKey(address: URL, meetingId: string): Promise<string | null> {
  const { writeKey } = await import("./recording_keys.ts");
  const key = await writeKey(meetingId);
  if (key === "") return null;
  const fragment = new URLSearchParams(address.hash.slice(1));
  fragment.set("key", key);
  const link = new URL(address);
  link.hash = fragment.toString();
  return link.href;
}
