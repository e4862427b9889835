/**
 * The board's menus, all on one level: under Preact a nested menu of tldraw closes when the pointer enters it, because
 * it takes its own content, which hangs elsewhere in the page, for something outside.
 */
import {
  DefaultContextMenu,
  DefaultMainMenu,
  KeyboardShortcutsMenuItem,
  TldrawUiMenuActionItem,
  TldrawUiMenuGroup,
  TldrawUiMenuItem,
  ToggleGridItem,
  ToggleSnapModeItem,
  useActions,
  useDefaultHelpers,
  useEditor,
} from "tldraw";
import { choosePdf, openFile, saveAsFile, saveAsPdf } from "./board_actions.ts";
import { useBoard } from "./board_context.ts";

export function MainMenu() {
  const editor = useEditor();
  const { session, choosesLesson } = useBoard();
  const toasts = useDefaultHelpers();
  const actions = useActions();
  const context = { editor, session, toasts };
  const act = (id: string) => () => void actions[id]?.onSelect("main-menu");
  return (
    <DefaultMainMenu>
      <TldrawUiMenuGroup id="insert">
        <TldrawUiMenuItem
          id="insert-image"
          label="Put an image on the board…"
          onSelect={act("insert-media")}
        />
        <TldrawUiMenuItem
          id="insert-pdf"
          label="Put a PDF on the board…"
          onSelect={() => void choosePdf(context)}
        />
        <TldrawUiMenuItem
          id="earlier-lesson"
          label="Start from an earlier lesson…"
          onSelect={() => void (choosesLesson.value = true)}
        />
        <TldrawUiMenuItem
          id="open-board"
          label="Open a board file…"
          onSelect={() => void openFile(context)}
        />
      </TldrawUiMenuGroup>
      <TldrawUiMenuGroup id="save">
        <TldrawUiMenuItem
          id="save-board"
          label="Save the board as a file"
          readonlyOk
          onSelect={() => void saveAsFile(context)}
        />
        <TldrawUiMenuItem
          id="save-pdf"
          label="Save all pages as PDF"
          readonlyOk
          onSelect={() => void saveAsPdf(context)}
        />
        <TldrawUiMenuItem
          id="save-png"
          label="Save this page as PNG"
          readonlyOk
          onSelect={act("export-all-as-png")}
        />
        <TldrawUiMenuItem
          id="save-svg"
          label="Save this page as SVG"
          readonlyOk
          onSelect={act("export-all-as-svg")}
        />
      </TldrawUiMenuGroup>
      <TldrawUiMenuGroup id="view">
        <TldrawUiMenuActionItem actionId="zoom-to-fit" />
        <TldrawUiMenuActionItem actionId="zoom-to-100" />
        <ToggleGridItem />
        <ToggleSnapModeItem />
        <KeyboardShortcutsMenuItem />
      </TldrawUiMenuGroup>
    </DefaultMainMenu>
  );
}

const CONTEXT_GROUPS = {
  clipboard: ["cut", "copy", "paste", "duplicate", "delete"],
  order: ["bring-to-front", "send-to-back", "group", "ungroup", "toggle-lock"],
} as const;

/** What the right button or a long touch opens. */
export function ContextMenu() {
  return (
    <DefaultContextMenu>
      {Object.entries(CONTEXT_GROUPS).map(([group, actionIds]) => (
        <TldrawUiMenuGroup id={group} key={group}>
          {actionIds.map((id) => <TldrawUiMenuActionItem actionId={id} key={id} />)}
        </TldrawUiMenuGroup>
      ))}
    </DefaultContextMenu>
  );
}
