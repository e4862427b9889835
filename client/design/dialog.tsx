/** A question that must be answered before anything else, and the frame for what is read and closed again. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Boundary } from "./boundary.tsx";
import { shared } from "../words/messages/shared/messages.ts";
import "./dialog.css";

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  testId?: string;
}

export function Dialog({ title, onClose, children, testId }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog
      ref={element}
      class="dialog"
      aria-labelledby={heading}
      data-testid={testId}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.close();
      }}
    >
      <h2 id={heading}>{title}</h2>
      <Boundary>{children}</Boundary>
    </dialog>
  );
}

/** Closes the dialog that a button stands in; the browser gives the focus back to where it was. */
export function closeAround(button: HTMLElement): void {
  button.closest("dialog")?.close();
}

export interface ConfirmProps {
  title: string;
  /** What happens then, and to whom. */
  effect: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks once. The safe answer has the focus. */
export function Confirm({ title, effect, action, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose} testId="confirm">
      <p>{effect}</p>
      <div class="dialog-actions">
        <button
          type="button"
          class="button"
          onClick={(event) => closeAround(event.currentTarget)}
        >
          {shared.say("cancel")}
        </button>
        <button
          type="button"
          class="button button-main"
          data-testid="confirm-yes"
          onClick={(event) => {
            closeAround(event.currentTarget);
            onConfirm();
          }}
        >
          {action}
        </button>
      </div>
    </Dialog>
  );
}
