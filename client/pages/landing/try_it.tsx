/** Makes a lesson to try, and shows the tutor's and the student's link. */
import { ExternalLink } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { CopyButton } from "../../design/copy_button.tsx";
import { Notice } from "../../design/notice.tsx";
import { makeTryLinks, type TryLinks } from "./instance.ts";

export function TryIt() {
  const links = useSignal<TryLinks | null>(null);
  const state = useSignal<"ready" | "making" | "failed">("ready");
  const make = async () => {
    state.value = "making";
    links.value = await makeTryLinks();
    state.value = links.value === null ? "failed" : "ready";
  };
  return (
    <section class="try" aria-label="Try it">
      <button
        type="button"
        class="button button-main"
        disabled={state.value === "making"}
        onClick={make}
        data-testid="try"
      >
        {links.value === null ? "Try it now" : "Make another lesson"}
      </button>
      <div aria-live="polite">
        {state.value === "failed" && (
          <Notice>
            <p>No lesson could be made just now. Wait a moment, then press the button again.</p>
          </Notice>
        )}
        {links.value && (
          <div class="try-links" data-testid="try-links">
            <p>
              A lesson is open for you. Open one link here and the other in a second window or on
              your phone.
            </p>
            <TryLink who="Tutor" href={links.value.tutor} />
            <TryLink who="Student" href={links.value.student} />
          </div>
        )}
      </div>
    </section>
  );
}

function TryLink({ who, href }: { who: string; href: string }) {
  return (
    <div class="try-link">
      <label class="field">
        <span>{who}’s link</span>
        <input
          class="input"
          readOnly
          value={href}
          onFocus={(event) => event.currentTarget.select()}
        />
      </label>
      {navigator.clipboard && (
        <CopyButton text={href} label={`Copy the ${who.toLowerCase()}’s link`} />
      )}
      <a
        class="button"
        href={href}
        target="_blank"
        rel="noopener"
        aria-label={`Open as ${who.toLowerCase()} in a new tab`}
        data-testid={`try-${who.toLowerCase()}`}
      >
        <ExternalLink size={18} aria-hidden="true" />
        Open
      </a>
    </div>
  );
}
