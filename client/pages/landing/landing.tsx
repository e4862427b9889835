/** What Lectern is in one sentence, what it looks like, and the way in. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { LanguagePicker } from "../../design/language_picker.tsx";
import { landing } from "../../words/messages/landing/messages.ts";
import { askInstance, type Instance } from "./instance.ts";
import { TryIt } from "./try_it.tsx";
import "./landing.css";

const still = new URL("./still.webp", import.meta.url).href;
const stillDark = new URL("./still-dark.webp", import.meta.url).href;

export function Landing() {
  const instance = useSignal<Instance | null>(null);
  useEffect(() => void askInstance().then((answer) => instance.value = answer), []);
  const here = instance.value;
  return (
    <div class="landing">
      <header>
        <span class="brand" translate={false}>Lectern</span>
        {here?.apiDocs && <a href={here.apiDocs}>{landing.say("api")}</a>}
      </header>
      <main>
        <div class="landing-words">
          <h1>{landing.say("title")}</h1>
          <p class="landing-what">{landing.say("what")}</p>
          {here?.tryIt && <TryIt />}
          {here !== null && !here.tryIt && <p class="soft">{landing.say("haveLink")}</p>}
        </div>
        <picture>
          <source srcset={stillDark} media="(prefers-color-scheme: dark)" />
          <img
            class="landing-still"
            src={still}
            width={1280}
            height={800}
            alt={landing.say("still")}
          />
        </picture>
      </main>
      <footer class="small soft">
        <span>
          {here?.version
            ? landing.say("licence.version", { version: here.version })
            : landing.say("licence")}
        </span>
        <a href="/licences.txt">{landing.say("licences")}</a>
        <LanguagePicker />
      </footer>
    </div>
  );
}
