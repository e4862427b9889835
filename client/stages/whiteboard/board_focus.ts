/**
 * The board's keys work unless one is in another stage that has keys of its own.
 *
 * tldraw listens to the whole page for as long as it holds itself focused, and tells fields that are typed into by
 * their element; an editor that takes its text by an EditContext isn't one of those, and would lose every letter that
 * is the key of a tool.
 */
import type { Editor } from "tldraw";

/** Answers a function that stops following the focus. */
export function followFocus(editor: Editor): () => void {
  const container = editor.getContainer();
  const onFocus = ({ target }: FocusEvent) => {
    if (!(target instanceof Element)) return;
    const isElsewhere = !container.contains(target) && target.closest("[data-own-keys]") !== null;
    if (isElsewhere !== editor.getInstanceState().isFocused) return;
    if (isElsewhere) editor.blur({ blurContainer: false });
    else editor.focus({ focusContainer: false });
  };
  const onPress = () => {
    if (!editor.getInstanceState().isFocused) editor.focus();
  };
  document.addEventListener("focusin", onFocus);
  container.addEventListener("pointerdown", onPress, { capture: true });
  return () => {
    document.removeEventListener("focusin", onFocus);
    container.removeEventListener("pointerdown", onPress, { capture: true });
  };
}
