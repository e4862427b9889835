/** The files as they stood then, with everybody's cursors, and what the last run gave. */
import type { FileEntry } from "../../../../rooms/contract/document/reading.ts";
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { languageOf } from "../../../stages/code/document/languages.ts";
import { personColor } from "../../../stages/whiteboard/presence/person_color.ts";
import { useFiles } from "../lesson_views.ts";
import { useReplay } from "../model.ts";
import { itemsOfText } from "../search/moments.ts";
import { Appeared, type Asked } from "./appeared.tsx";
import { highlight, type Token } from "./highlight.ts";
import { indexIn, type PlaceInCode, placesAt } from "./places.ts";
import { RunAt } from "./run_at.tsx";
import "./code_at.css";

export function CodeAt() {
  const replay = useReplay();
  const files = useFiles();
  const asked = useSignal<Asked | null>(null);
  replay.presenceVersion.value;
  const places = placesAt(replay.lesson.presence, replay.at.peek());
  const chosen = replay.view.fileId.value;
  const file = files.find(({ id }) => id === chosen) ??
    files.find(({ id }) => id === places[0]?.fileId) ?? files[0];
  return (
    <div class="code-at">
      <nav class="code-files" aria-label="Files">
        {files.map(({ id, name }) => (
          <button
            key={id}
            type="button"
            class="code-file"
            aria-pressed={id === file?.id}
            onClick={() => replay.view.fileId.value = id === chosen ? null : id}
          >
            {name}
          </button>
        ))}
      </nav>
      {file === undefined ? <p class="soft code-none">No file yet at this point.</p> : (
        <Lines
          key={file.id}
          file={file}
          places={places.filter(({ fileId }) => fileId === file.id)}
          onAsk={(next) => asked.value = next}
        />
      )}
      {asked.value !== null && <Appeared asked={asked.value} onClose={() => asked.value = null} />}
      <RunAt files={files} />
    </div>
  );
}

interface LinesProps {
  file: FileEntry;
  places: readonly PlaceInCode[];
  onAsk: (asked: Asked) => void;
}

interface Caret {
  by: string;
  column: number;
}

function Lines({ file, places, onAsk }: LinesProps) {
  const text = file.text.toString();
  const lines = useMemo(() => highlight(text, languageOf(file.name).id), [text, file.name]);
  const carets = new Map<number, Caret[]>();
  for (const place of places) {
    const at = indexIn(file.text, place.head);
    if (at === null) continue;
    const before = text.slice(0, at).split("\n");
    const line = before.length - 1;
    const caret = { by: place.by, column: before[line]!.length };
    carets.set(line, [...carets.get(line) ?? [], caret]);
  }
  const ask = (line: number) => {
    const starts = text.split("\n").slice(0, line).reduce((sum, { length }) => sum + length + 1, 0);
    const length = lines[line]!.reduce((sum, token) => sum + token.text.length, 0);
    if (length === 0) return;
    onAsk({
      what: `Line ${line + 1} of ${file.name}`,
      items: itemsOfText(file.text, starts, starts + length),
    });
  };
  return (
    <div class="code-lines" tabIndex={0} data-testid="replay-code-text" aria-label={file.name}>
      <ol>
        {lines.map((tokens, line) => (
          <Line
            key={line}
            tokens={tokens}
            carets={carets.get(line)}
            number={line + 1}
            onAsk={() => ask(line)}
          />
        ))}
      </ol>
    </div>
  );
}

interface LineProps {
  tokens: readonly Token[];
  carets: readonly Caret[] | undefined;
  number: number;
  onAsk: () => void;
}

function Line({ tokens, carets, number, onAsk }: LineProps) {
  return (
    <li>
      <button
        type="button"
        class="code-number numbers"
        aria-label={`When did line ${number} appear?`}
        title="When did this line appear?"
        onClick={onAsk}
      >
        {number}
      </button>
      <code>
        {tokens.map((token, index) =>
          token.kind === "plain"
            ? token.text
            : <span key={index} class={`token-${token.kind}`}>{token.text}</span>
        )}
        {carets?.map(({ by, column }) => <CaretAt key={by} by={by} column={column} />)}
        {tokens.length === 0 && "\n"}
      </code>
    </li>
  );
}

function CaretAt({ by, column }: Caret) {
  const { people } = useReplay().manifest.value;
  const name = people.find(({ participantId }) => participantId === by)?.name ?? "";
  return (
    <i
      class="caret"
      title={name}
      style={{ left: `${column}ch`, "--caret": personColor(by) }}
    />
  );
}
