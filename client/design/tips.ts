/**
 * Puts a tooltip to rest once its button was pressed: whoever pressed it knows its name, and what it opened is under it.
 *
 * The style sheet shows tips (`[data-tip]`); a button that has `data-tip-rests` shows none until pointer and focus
 * have gone elsewhere. Escape puts a tip to rest as well (WCAG 1.4.13).
 */

const RESTS = "data-tip-rests";
const PRESSING_KEYS = new Set(["Enter", " ", "Escape"]);

/** Listens for as long as the page lives. */
export function restTips(): void {
  let resting: Element | null = null;
  const wake = () => {
    resting?.removeAttribute(RESTS);
    resting = null;
  };
  const rest = (target: EventTarget | null) => {
    wake();
    resting = target instanceof Element ? target.closest("[data-tip]") : null;
    resting?.setAttribute(RESTS, "");
  };
  const listen = { capture: true, passive: true };
  document.addEventListener("pointerdown", ({ target }) => rest(target), listen);
  document.addEventListener("keydown", ({ key, target }) => {
    if (PRESSING_KEYS.has(key)) rest(target);
  }, listen);
  document.addEventListener("pointerover", ({ target }) => {
    if (!(target instanceof Node && resting?.contains(target))) wake();
  }, listen);
  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof Node && resting?.contains(target))) wake();
  }, listen);
}
