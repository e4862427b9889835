/** Asks for a file's name; what is wrong with it is said while it is typed. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type * as Y from "yjs";
import { Dialog } from "../../../design/dialog.tsx";
import { nameFault, renameFile } from "../document/files.ts";
import { languageOf } from "../document/languages.ts";

interface NameDialogProps {
  doc: Y.Doc;
  title: string;
  action: string;
  name: string;
  /** The file that is renamed; null for a new one, whose name goes to `onName`. */
  own: string | null;
  onClose: () => void;
  onName?: (name: string) => void;
}

export function NameDialog(props: NameDialogProps) {
  const { doc, own, onClose } = props;
  const name = useSignal(props.name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const dot = props.name.lastIndexOf(".");
    field.current?.focus();
    field.current?.setSelectionRange(0, dot > 0 ? dot : props.name.length);
  }, []);
  const wanted = name.value.trim();
  const fault = nameFault(doc, wanted, own);
  return (
    <Dialog title={props.title} onClose={onClose} testId="code-name-dialog">
      <form
        class="code-name-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (fault !== null) return;
          if (own === null) props.onName?.(wanted);
          else renameFile(doc, own, wanted);
          onClose();
        }}
      >
        <label class="field">
          <span>Name with its ending, as in main.py</span>
          <input
            ref={field}
            class="input"
            value={name.value}
            maxLength={100}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            data-testid="code-name-field"
            onInput={(event) => name.value = event.currentTarget.value}
          />
        </label>
        <p class="soft small" role="status">
          {wanted === "" ? " " : fault ?? `Language: ${languageOf(wanted).label}`}
        </p>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="button button-main" disabled={fault !== null}>
            {props.action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
