/** The panel beside the stage: the chat or the people. */
import { X } from "lucide-preact";
import { IconButton } from "../../../design/icon_button.tsx";
import { ChatPanel } from "./chat/chat_panel.tsx";
import { useRoom } from "./model.ts";
import { PeoplePanel } from "./people/people_panel.tsx";
import type { Panel } from "./view.ts";

const TITLES: Readonly<Record<Panel, string>> = { chat: "Chat", people: "People" };

export function SidePanel({ panel }: { panel: Panel }) {
  const { view } = useRoom();
  return (
    <aside
      class="panel"
      aria-label={TITLES[panel]}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) view.closePanel();
      }}
    >
      <div class="panel-head">
        <h2>{TITLES[panel]}</h2>
        <IconButton
          icon={X}
          label={`Close ${TITLES[panel].toLowerCase()}`}
          tipSide="left"
          onClick={() => view.closePanel()}
        />
      </div>
      {panel === "chat" ? <ChatPanel /> : <PeoplePanel />}
    </aside>
  );
}
