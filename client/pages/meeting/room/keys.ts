/**
 * The keys of the room. They never fire while somebody types, nor inside a stage with keys of its own.
 */
import { setCamera, setMicrophone, toggleHand, toggleScreen } from "./own_media.ts";
import type { RoomModel } from "./model.ts";

export interface Shortcut {
  key: string;
  does: string;
  run: (model: RoomModel) => void;
}

/** In the order in which the help shows them. */
export const SHORTCUTS: readonly Shortcut[] = [
  {
    key: "M",
    does: "Microphone on or off",
    run: (model) => void setMicrophone(model, !model.devices.microphone.value.on),
  },
  {
    key: "V",
    does: "Camera on or off",
    run: (model) => void setCamera(model, !model.devices.camera.value.on),
  },
  { key: "S", does: "Share your screen, or stop", run: (model) => void toggleScreen(model) },
  { key: "H", does: "Raise or lower your hand", run: (model) => void toggleHand(model) },
  { key: "C", does: "Chat", run: (model) => model.view.togglePanel("chat") },
  { key: "P", does: "People", run: (model) => model.view.togglePanel("people") },
  { key: "T", does: "Talk", run: (model) => model.view.open("talk") },
  { key: "B", does: "Board", run: (model) => model.view.open("board") },
  { key: "K", does: "Code", run: (model) => model.view.open("code") },
  { key: "?", does: "All keys", run: (model) => model.view.question.value = "keys" },
];

const STAGE_OF_KEY: Readonly<Record<string, "board" | "code" | "talk">> = {
  B: "board",
  K: "code",
  T: "talk",
};

/** Keys for stages that this build has, and everything else. */
export function shortcutsOf(model: RoomModel): Shortcut[] {
  return SHORTCUTS.filter(({ key }) => {
    const stage = STAGE_OF_KEY[key];
    return stage === undefined ||
      (model.view.available.length > 1 && model.view.available.includes(stage));
  });
}

const OWN_KEYS = "input, textarea, select, [contenteditable], [role=menu], dialog, [data-own-keys]";

/** Answers a function that stops listening. */
export function listenToKeys(model: RoomModel): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.repeat || event.isComposing) return;
    if (event.target instanceof Element && event.target.closest(OWN_KEYS) !== null) return;
    const pressed = event.key.toLocaleUpperCase();
    const shortcut = shortcutsOf(model).find(({ key }) => key === pressed);
    if (shortcut === undefined) return;
    event.preventDefault();
    shortcut.run(model);
  };
  addEventListener("keydown", onKeyDown);
  return () => removeEventListener("keydown", onKeyDown);
}
