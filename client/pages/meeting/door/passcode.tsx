/** The passcode was wrong or missing: it can be typed again. */
import { useSignal } from "@preact/signals";
import { Page } from "../../../design/page.tsx";
import { door } from "../../../words/messages/door/messages.ts";
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
      title={door.say(hadOne ? "passcode.wrong.title" : "passcode.asked.title")}
      testId="wrong-passcode"
    >
      <p>{door.say(hadOne ? "passcode.wrong.text" : "passcode.asked.text")}</p>
      <form onSubmit={submit}>
        <label class="field">
          <span>{door.say("passcode.label")}</span>
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
          <button type="submit" class="button button-main">{door.say("passcode.open")}</button>
        </div>
      </form>
    </Page>
  );
}
