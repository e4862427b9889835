/** Chooses the earlier lesson whose board this one goes on from. */
import { useEffect, useState } from "preact/hooks";
import { PenLine } from "lucide-preact";
import { useDefaultHelpers, useEditor } from "tldraw";
import {
  type EarlierLesson,
  listEarlierLessons,
  thumbnailPath,
} from "../../../connection/earlier_lessons.ts";
import { closeAround, Dialog } from "../../../design/dialog.tsx";
import { KeptPicture } from "../../../design/kept_picture.tsx";
import { telling } from "../board_actions.ts";
import { useBoard } from "../board_context.ts";
import { startFromLesson } from "./earlier_board.ts";
import "./earlier.css";

export function EarlierDialog({ onClose }: { onClose: () => void }) {
  const { session } = useBoard();
  const [lessons, setLessons] = useState<EarlierLesson[] | null | "asking">("asking");
  const load = async () => {
    setLessons("asking");
    setLessons(await listEarlierLessons(session).catch(() => null));
  };
  useEffect(() => void load(), []);
  return (
    <Dialog title="Start from an earlier lesson" onClose={onClose} testId="earlier-lessons">
      <p class="earlier-says">
        {lessons === "asking"
          ? "Looking for lessons that you had together…"
          : lessons === null
          ? "The server doesn’t answer. Nothing was changed."
          : lessons.length === 0
          ? "There is no earlier lesson with the same people yet."
          : "Its pages come behind the pages of this board. The earlier lesson stays as it is."}
      </p>
      {Array.isArray(lessons) && (
        <ul class="earlier-list">
          {lessons.map((lesson) => <Choice key={lesson.meetingId} lesson={lesson} />)}
        </ul>
      )}
      <div class="dialog-actions">
        {lessons === null && (
          <button
            type="button"
            class="button button-main"
            onClick={() => void load()}
          >
            Try again
          </button>
        )}
        <button type="button" class="button" onClick={(event) => closeAround(event.currentTarget)}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

function Choice({ lesson }: { lesson: EarlierLesson }) {
  const editor = useEditor();
  const { session } = useBoard();
  const toasts = useDefaultHelpers();
  const { meetingId, title, people, startedAt, hasThumbnail } = lesson;
  const others = people.filter((name) => name !== session.me.name);
  const choose = (button: HTMLElement) => {
    closeAround(button);
    void telling(
      toasts,
      "The earlier board couldn’t be opened.",
      () => startFromLesson(editor, session, meetingId),
    );
  };
  return (
    <li>
      <button
        type="button"
        class="earlier-lesson"
        data-testid="earlier-lesson"
        onClick={(event) => choose(event.currentTarget)}
      >
        {hasThumbnail
          ? (
            <KeptPicture
              class="earlier-picture"
              path={thumbnailPath(session, meetingId)}
              token={session.credential}
            />
          )
          : (
            <span class="earlier-picture">
              <PenLine size={20} aria-hidden="true" />
            </span>
          )}
        <span class="earlier-words">
          <strong>{title}</strong>
          {startedAt !== null && <span>{DAY.format(startedAt)}, {TIME.format(startedAt)}</span>}
          {others.length > 0 && <span>with {others.join(", ")}</span>}
        </span>
      </button>
    </li>
  );
}
