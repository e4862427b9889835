/** Chooses the screen for where the visitor stands. */
import { useEffect } from "preact/hooks";
import { Closed } from "./door/closed.tsx";
import { Inside } from "./inside.tsx";
import { Lobby } from "./lobby/lobby.tsx";
import { Page, Waiting } from "../../design/page.tsx";
import { door } from "../../words/messages/door/messages.ts";
import type { Visit } from "./visit.ts";

/** What a lesson can't do without. */
function isSupported(): boolean {
  return typeof RTCPeerConnection === "function" && "showPopover" in HTMLElement.prototype &&
    "showModal" in HTMLDialogElement.prototype;
}

export function App({ visit }: { visit: Visit | null }) {
  if (visit === null) {
    return (
      <Page title={door.say("noLesson.title")} testId="no-lesson">
        <p>{door.say("noLesson.text")}</p>
      </Page>
    );
  }
  if (!isSupported()) {
    return (
      <Page title={door.say("unsupported.title")} testId="unsupported">
        <p>{door.say("unsupported.text")}</p>
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
      return <Waiting says={door.say("opening")} />;
    case "lobby":
      return <Lobby visit={visit} info={stand.info} />;
    case "entering":
      return <Waiting says={door.say("joining")} />;
    case "not-loaded":
      return (
        <Page title={door.say("notLoaded.title")} testId="not-loaded">
          <p>{door.say("notLoaded.text")}</p>
          <button type="button" class="button button-main" onClick={() => location.reload()}>
            {door.say("notLoaded.again")}
          </button>
        </Page>
      );
    case "closed":
      return <Closed visit={visit} problem={stand.problem} />;
    case "inside":
      return (
        <Inside visit={visit} info={stand.info} connection={stand.connection} room={stand.room} />
      );
  }
}
