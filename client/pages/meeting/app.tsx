/** Chooses the screen for where the visitor stands. */
import { useEffect } from "preact/hooks";
import { Closed } from "./door/closed.tsx";
import { Inside } from "./inside.tsx";
import { Lobby } from "./lobby/lobby.tsx";
import { Page, Waiting } from "../../design/page.tsx";
import type { Visit } from "./visit.ts";

/** What a lesson can't do without. */
function isSupported(): boolean {
  return typeof RTCPeerConnection === "function" && "showPopover" in HTMLElement.prototype &&
    "showModal" in HTMLDialogElement.prototype;
}

export function App({ visit }: { visit: Visit | null }) {
  if (visit === null) {
    return (
      <Page title="This address opens no lesson" testId="no-lesson">
        <p>Part of the link may be missing. Open it again from the message that it came with.</p>
      </Page>
    );
  }
  if (!isSupported()) {
    return (
      <Page title="This browser is too old for a lesson" testId="unsupported">
        <p>
          Open the same link in a current Firefox, Chrome, Edge or Safari, on this device or on
          another one.
        </p>
      </Page>
    );
  }
  return <VisitView visit={visit} />;
}

function VisitView({ visit }: { visit: Visit }) {
  useEffect(() => void visit.open(), [visit]);
  const stand = visit.stand.value;
  switch (stand.at) {
    case "asking":
      return <Waiting says="Opening the lesson" />;
    case "lobby":
      return <Lobby visit={visit} info={stand.info} />;
    case "entering":
      return <Waiting says="Joining the lesson" />;
    case "not-loaded":
      return (
        <Page title="The room did not load" testId="not-loaded">
          <p>The network may have dropped for a moment. Nothing is lost.</p>
          <button type="button" class="button button-main" onClick={() => location.reload()}>
            Load it again
          </button>
        </Page>
      );
    case "closed":
      return <Closed visit={visit} problem={stand.problem} />;
    case "inside":
      return <Inside visit={visit} info={stand.info} session={stand.session} room={stand.room} />;
  }
}
