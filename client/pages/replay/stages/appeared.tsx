/** When did this appear? Said for what was pressed, with the way to that moment. */
import { X } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { IconButton } from "../../../design/icon_button.tsx";
import { sayElapsed } from "../../../words/time.ts";
import { useReplay } from "../model.ts";
import type { ItemId } from "../search/index_protocol.ts";
import "./appeared.css";

export interface Asked {
  /** What was pressed, as a person would call it. */
  what: string;
  items: readonly ItemId[];
}

export function Appeared({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const replay = useReplay();
  const answer = useSignal<number | null | "asking">("asking");
  useEffect(() => {
    let current = true;
    answer.value = "asking";
    replay.index.appeared(asked.items).catch(() => null)
      .then((atMs) => current && (answer.value = atMs));
    return () => current = false;
  }, [asked]);
  const atMs = answer.value;
  return (
    <div class="appeared" role="status" data-testid="appeared">
      <span>
        {atMs === "asking" && `Looking when ${asked.what} appeared…`}
        {atMs === null && `The recording doesn’t say when ${asked.what} appeared.`}
        {typeof atMs === "number" && (
          <>
            {asked.what} appeared at <span class="numbers">{sayElapsed(atMs)}</span>
          </>
        )}
      </span>
      {typeof atMs === "number" && (
        <button
          type="button"
          class="button"
          onClick={() => {
            replay.seek(atMs);
            onClose();
          }}
        >
          Go there
        </button>
      )}
      <IconButton icon={X} label="Close" onClick={onClose} />
    </div>
  );
}
