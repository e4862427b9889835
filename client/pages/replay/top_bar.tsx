/** The lesson's name and day, search, the layouts, and what can be taken along. */
import { MessageSquare } from "lucide-preact";
import { IconButton } from "../../design/icon_button.tsx";
import { Downloads } from "./downloads/downloads.tsx";
import { useReplay } from "./model.ts";
import { SearchBox } from "./search/search_box.tsx";
import { LAYOUT_LABELS, LAYOUTS } from "./view.ts";

const day = new Intl.DateTimeFormat(
  navigator.language.startsWith("en") ? navigator.language : "en-GB",
  { day: "numeric", month: "short", year: "numeric" },
);

export function TopBar({ onDeleted }: { onDeleted: () => void }) {
  const { manifest, view } = useReplay();
  const { title, startedAt, live } = manifest.value;
  return (
    <header class="top-bar replay-top">
      <div class="replay-title">
        <h1 class="top-title">{title || "Lesson"}</h1>
        <p class="soft small">
          <time dateTime={new Date(startedAt).toISOString()}>{day.format(startedAt)}</time>
          {live && " · the lesson still runs"}
        </p>
      </div>
      <SearchBox />
      <nav class="stage-switch" aria-label="Layout">
        {LAYOUTS.map((layout) => (
          <button
            key={layout}
            type="button"
            class="stage-tab"
            aria-pressed={view.layout.value === layout}
            data-testid={`layout-${layout}`}
            onClick={() => view.layout.value = layout}
          >
            {LAYOUT_LABELS[layout]}
          </button>
        ))}
        <IconButton
          icon={MessageSquare}
          label="Chat"
          shortcut="T"
          tipSide="below"
          pressed={view.chatOpen.value}
          testId="chat-toggle"
          onClick={() => view.chatOpen.value = !view.chatOpen.value}
        />
        <Downloads onDeleted={onDeleted} />
      </nav>
    </header>
  );
}
