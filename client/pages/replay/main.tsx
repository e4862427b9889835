/** The page of a recording: what it may open, and then the lesson. */
import { render } from "preact";
import { PageBoundary } from "../../design/boundary.tsx";
import "../../design/style.ts";
import { restTips } from "../../design/tips.ts";
import { shared } from "../../words/messages/shared/messages.ts";
import { startPage } from "../../words/start.ts";
import { App } from "./app.tsx";
import { readAddress, type TabMemory } from "./recording/access.ts";

/** Even to name the storage throws where it is forbidden. */
function tabMemory(): TabMemory | null {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null;
  }
}

const address = readAddress(new URL(location.href), tabMemory());
// A link with another token in its fragment is the same page to the browser.
addEventListener("hashchange", () => location.reload());
restTips();
void startPage([shared], (page) =>
  render(
    <PageBoundary>
      <App address={address} />
    </PageBoundary>,
    page,
  ));
