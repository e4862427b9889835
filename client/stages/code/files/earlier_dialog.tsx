/** Chooses files of an earlier lesson with the same people, looks into them, and copies them into this one. */
import { Eye } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type EarlierLesson, listEarlierLessons } from "../../../connection/earlier_lessons.ts";
import { closeAround, Dialog } from "../../../design/dialog.tsx";
import { IconButton } from "../../../design/icon_button.tsx";
import { Dots } from "../../../design/page.tsx";
import { sayTime, thisReader } from "../../../words/schedule.ts";
import { addFile, MAX_FILES, setTest } from "../document/files.ts";
import { languageOf } from "../document/languages.ts";
import type { Workspace } from "../workspace.ts";
import { type EarlierFile, earlierFiles } from "./earlier_files.ts";

/** What is asked of the server, and how that went. */
type Asked<T> = { state: "asking" } | { state: "failed"; why: string } | {
  state: "here";
  value: T;
};

interface DialogProps {
  workspace: Workspace;
  onClose: () => void;
}

export function EarlierDialog({ workspace, onClose }: DialogProps) {
  const { session } = workspace;
  const lessons = useSignal<Asked<EarlierLesson[]>>({ state: "asking" });
  const chosen = useSignal<EarlierLesson | null>(null);
  const look = () =>
    void asking(listEarlierLessons(session), (asked) => {
      lessons.value = asked;
      if (asked.state === "here") chosen.value = asked.value[0] ?? null;
    });
  useEffect(look, []);
  const asked = lessons.value;
  return (
    <Dialog title="Copy from an earlier lesson" onClose={onClose} testId="code-earlier-dialog">
      <div class="code-earlier">
        {asked.state !== "here"
          ? <Wait asked={asked} onAgain={look} />
          : asked.value.length === 0
          ? (
            <p class="soft">
              There is no earlier lesson with the same people yet. After this one its code can be
              copied into the next.
            </p>
          )
          : (
            <ul class="code-earlier-lessons" aria-label="Earlier lessons">
              {asked.value.map((lesson) => (
                <li key={lesson.meetingId}>
                  <button
                    type="button"
                    class="code-earlier-lesson"
                    aria-pressed={lesson === chosen.value}
                    data-testid="code-earlier-lesson"
                    onClick={() => chosen.value = lesson}
                  >
                    <strong>{lesson.title}</strong>
                    <span class="soft small">{sayWhen(lesson)}</span>
                  </button>
                </li>
              ))}
            </ul>
          )}
        {chosen.value !== null && (
          <Files key={chosen.value.meetingId} workspace={workspace} lesson={chosen.value} />
        )}
      </div>
    </Dialog>
  );
}

function Files({ workspace, lesson }: { workspace: Workspace; lesson: EarlierLesson }) {
  const files = useSignal<Asked<EarlierFile[]>>({ state: "asking" });
  const wanted = useSignal<ReadonlySet<EarlierFile>>(new Set());
  const shown = useSignal<EarlierFile | null>(null);
  const look = () =>
    void asking(earlierFiles(workspace.session, lesson.meetingId), (asked) => {
      files.value = asked;
      if (asked.state === "here") shown.value = asked.value[0] ?? null;
    });
  useEffect(look, []);
  const asked = files.value;
  if (asked.state !== "here") return <Wait asked={asked} onAgain={look} />;
  if (asked.value.length === 0) return <p class="soft">There was no code in this lesson.</p>;
  const room = MAX_FILES - workspace.files.value.length;
  const count = wanted.value.size;
  return (
    <div class="code-earlier-files">
      <ul aria-label="Files of the lesson">
        {asked.value.map((file) => (
          <li key={file.name} class={file === shown.value ? "code-earlier-shown" : ""}>
            <label>
              <input
                type="checkbox"
                checked={wanted.value.has(file)}
                data-testid="code-earlier-file"
                onChange={() => {
                  shown.value = file;
                  wanted.value = toggled(wanted.value, file);
                }}
              />
              <span>{file.name}</span>
              <span class="soft small">{languageOf(file.name).label}</span>
            </label>
            <IconButton
              icon={Eye}
              label={`Look into ${file.name}`}
              tipSide="left"
              onClick={() =>
                shown.value = file}
            />
          </li>
        ))}
      </ul>
      {shown.value !== null && (
        <pre
          class="code-earlier-text"
          tabIndex={0}
          role="region"
          aria-label={shown.value.name}
          data-testid="code-earlier-text"
        >{shown.value.text || "This file is empty."}</pre>
      )}
      <div class="dialog-actions">
        {count > room && <p class="soft small">A lesson holds at most {MAX_FILES} files.</p>}
        <button
          type="button"
          class="button"
          onClick={(event) => closeAround(event.currentTarget)}
        >
          Cancel
        </button>
        <button
          type="button"
          class="button button-main"
          disabled={count === 0 || count > room}
          data-testid="code-earlier-copy"
          onClick={(event) => {
            copy(workspace, asked.value.filter((file) => wanted.value.has(file)));
            closeAround(event.currentTarget);
          }}
        >
          {count === 0
            ? "Choose what to copy"
            : count === 1
            ? "Copy 1 file"
            : `Copy ${count} files`}
        </button>
      </div>
    </div>
  );
}

interface WaitProps {
  asked: { state: "asking" } | { state: "failed"; why: string };
  onAgain: () => void;
}

function Wait({ asked, onAgain }: WaitProps) {
  if (asked.state === "asking") {
    return (
      <p role="status" aria-label="Looking it up">
        <Dots />
      </p>
    );
  }
  return (
    <div role="alert">
      <p>{asked.why}</p>
      <button type="button" class="button" onClick={onAgain}>Try again</button>
    </div>
  );
}

async function asking<T>(question: Promise<T>, tell: (asked: Asked<T>) => void): Promise<void> {
  tell({ state: "asking" });
  try {
    tell({ state: "here", value: await question });
  } catch (error) {
    tell({ state: "failed", why: error instanceof Error ? error.message : String(error) });
  }
}

/** With their tests; a name that is taken gets a number. The first one is shown. */
function copy(workspace: Workspace, files: readonly EarlierFile[]): void {
  const { doc } = workspace.session;
  const now = Math.round(workspace.session.now());
  let first: string | null = null;
  doc.transact(() => {
    files.forEach((file, index) => {
      // The order of the tabs is that of these times.
      const id = addFile(doc, file.name, file.text, now + index);
      for (const test of file.tests) setTest(doc, id, crypto.randomUUID(), { ...test });
      first ??= id;
    });
  });
  if (first !== null) workspace.open(first);
}

function toggled<T>(set: ReadonlySet<T>, value: T): Set<T> {
  const changed = new Set(set);
  if (!changed.delete(value)) changed.add(value);
  return changed;
}

function sayWhen({ startedAt, people }: EarlierLesson): string {
  const names = people.join(", ");
  if (startedAt === null) return names;
  const reader = thisReader();
  const { locale, timeZone } = reader;
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone }).format(startedAt);
  return [`${day}, ${sayTime(startedAt, reader)}`, names].filter((part) => part !== "").join(" · ");
}
