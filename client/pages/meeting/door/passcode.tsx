/** The passcode was wrong or missing: it can be typed again. */
import { useSignal } from "@preact/signals";
import { Page } from "../../../design/page.tsx";
import type { Visit } from "../visit.ts";

const MAX_PASSCODE_CHARS = 100;

export function PasscodePage({ visit }: { visit: Visit }) {
  const typed = useSignal("");
  const hadOne = visit.link.passcode !== "" || visit.link.invite !== null;
  const submit = (event: Event) => {
    event.preventDefault();
    if (typed.value.trim() !== "") void visit.ask(typed.value.trim());
  };
  return (
    <Page
      title={hadOne ? "This link doesn’t open the lesson" : "This lesson has a passcode"}
      testId="wrong-passcode"
    >
      <p>
        {hadOne
          ? "It may be incomplete or out of date. Open it from your newest message, or type the passcode here."
          : "It stands in the message that the link came with."}
      </p>
      <form onSubmit={submit}>
        <label class="field">
          <span>Passcode</span>
          <input
            class="input"
            name="passcode"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            maxLength={MAX_PASSCODE_CHARS}
            required
            value={typed.value}
            onInput={(event) => typed.value = event.currentTarget.value}
          />
        </label>
        <div>
          <button type="submit" class="button button-main">Open the lesson</button>
        </div>
      </form>
    </Page>
  );
}
