/** Makes a lesson to try, and shows the tutor's and the student's link. */
import { ExternalLink } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { CopyButton } from "../../design/copy_button.tsx";
import { Notice } from "../../design/notice.tsx";
import { landing } from "../../words/messages/landing/messages.ts";
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
    <section class="try" aria-label={landing.say("tryIt")}>
      <button
        type="button"
        class="button button-main"
        disabled={state.value === "making"}
        onClick={make}
        data-testid="try"
      >
        {landing.say(links.value === null ? "tryIt.make" : "tryIt.another")}
      </button>
      <div aria-live="polite">
        {state.value === "failed" && (
          <Notice>
            <p>{landing.say("tryIt.failed")}</p>
          </Notice>
        )}
        {links.value && (
          <div class="try-links" data-testid="try-links">
            <p>{landing.say("tryIt.made")}</p>
            <TryLink role="tutor" href={links.value.tutor} />
            <TryLink role="student" href={links.value.student} />
          </div>
        )}
      </div>
    </section>
  );
}

function TryLink({ role, href }: { role: keyof TryLinks; href: string }) {
  return (
    <div class="try-link">
      <label class="field">
        <span>{landing.say(`tryIt.link.${role}`)}</span>
        <input
          class="input"
          readOnly
          value={href}
          onFocus={(event) => event.currentTarget.select()}
        />
      </label>
      {navigator.clipboard && <CopyButton text={href} label={landing.say(`tryIt.copy.${role}`)} />}
      <a
        class="button"
        href={href}
        target="_blank"
        rel="noopener"
        aria-label={landing.say(`tryIt.openAs.${role}`)}
        data-testid={`try-${role}`}
      >
        <ExternalLink size={18} aria-hidden="true" />
        {landing.say("tryIt.open")}
      </a>
    </div>
  );
}
