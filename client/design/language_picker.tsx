/** Lets the reader choose the language of the page; nothing where there is but one. */
import { isLocale, type Locale } from "../../rooms/contract/words/locales.ts";
import { shared } from "../words/messages/shared/messages.ts";
import { OFFERED } from "../../rooms/contract/words/offered.ts";
import { chooseLocale } from "../words/start.ts";
import { locale } from "../words/words.ts";

export function LanguagePicker() {
  if (OFFERED.length < 2) return null;
  const choose = (event: { currentTarget: HTMLSelectElement }) => {
    const { value } = event.currentTarget;
    if (isLocale(value)) void chooseLocale(value);
  };
  return (
    <select
      class="input language-picker"
      aria-label={shared.say("language")}
      translate={false}
      value={locale()}
      onChange={choose}
      data-testid="language"
    >
      {OFFERED.map((offered) => (
        <option key={offered} value={offered} lang={offered}>{ownName(offered)}</option>
      ))}
    </select>
  );
}

/** Each by its own name, so that whoever doesn't read this page's language finds theirs. */
function ownName(offered: Locale): string {
  const name = new Intl.DisplayNames(offered, { type: "language" }).of(offered) ?? offered;
  return name.charAt(0).toLocaleUpperCase(offered) + name.slice(1);
}
