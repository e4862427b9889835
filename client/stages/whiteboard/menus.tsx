/** The board's menus: tldraw's own, with what a lesson needs in the first place. */
import {
  ArrangeMenuSubmenu,
  ClipboardMenuGroup,
  ConversionsMenuGroup,
  DefaultContextMenu,
  DefaultMainMenu,
  EditMenuSubmenu,
  KeyboardShortcutsMenuItem,
  MoveToPageMenu,
  ReorderMenuSubmenu,
  SelectAllMenuItem,
  TldrawUiMenuActionItem,
  TldrawUiMenuGroup,
  TldrawUiMenuItem,
  TldrawUiMenuSubmenu,
  ToggleDynamicSizeModeItem,
  ToggleEdgeScrollingItem,
  ToggleGridItem,
  TogglePasteAtCursorItem,
  ToggleReduceMotionItem,
  ToggleSnapModeItem,
  ToggleToolLockItem,
  ToggleWrapModeItem,
  useActions,
  useDefaultHelpers,
  useEditor,
  useValue,
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
        <TldrawUiMenuSubmenu id="preferences" label="menu.preferences">
          <TldrawUiMenuGroup id="preferences-actions">
            <ToggleGridItem />
            <ToggleSnapModeItem />
            <ToggleToolLockItem />
            <ToggleWrapModeItem />
            <ToggleEdgeScrollingItem />
            <ToggleReduceMotionItem />
            <ToggleDynamicSizeModeItem />
            <TogglePasteAtCursorItem />
          </TldrawUiMenuGroup>
        </TldrawUiMenuSubmenu>
        <KeyboardShortcutsMenuItem />
      </TldrawUiMenuGroup>
    </DefaultMainMenu>
  );
}

/** What the right button or a long touch opens where things are selected; a pen that rests draws on. */
export function ContextMenu() {
  const editor = useEditor();
  const selects = useValue("select tool", () => editor.getCurrentToolId() === "select", [editor]);
  return (
    <DefaultContextMenu disabled={!selects}>
      <TldrawUiMenuGroup id="modify">
        <EditMenuSubmenu />
        <ArrangeMenuSubmenu />
        <ReorderMenuSubmenu />
        <MoveToPageMenu />
      </TldrawUiMenuGroup>
      <ClipboardMenuGroup />
      <ConversionsMenuGroup />
      <TldrawUiMenuGroup id="select-all">
        <SelectAllMenuItem />
      </TldrawUiMenuGroup>
    </DefaultContextMenu>
  );
}
