/** What Lectern is in one sentence, what it looks like, and the way in. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
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
        <span class="brand">Lectern</span>
        {here?.apiDocs && <a href={here.apiDocs}>API</a>}
      </header>
      <main>
        <div class="landing-words">
          <h1>A tutoring room of your own</h1>
          <p class="landing-what">
            Tutor and students meet face to face in the browser, on a server that you host: nothing
            to install, nobody in between.
          </p>
          {here?.tryIt && <TryIt />}
          {here !== null && !here.tryIt && (
            <p class="soft">
              Have a link to a lesson? Open it: it leads straight to the room.
            </p>
          )}
        </div>
        <picture>
          <source srcset={stillDark} media="(prefers-color-scheme: dark)" />
          <img
            class="landing-still"
            src={still}
            width={1280}
            height={800}
            alt="The room during a lesson: a formula, its graph and notes on the board, both people beside it, the controls below."
          />
        </picture>
      </main>
      <footer class="small soft">
        <span>
          Free software under the MIT licence{here?.version && <>, version {here.version}</>}
        </span>
        <a href="/licences.txt">Licences of what it is made of</a>
      </footer>
    </div>
  );
}
