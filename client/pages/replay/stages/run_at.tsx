/** What the last run had given by then. */
import type { FileEntry, RunEntry } from "../../../../rooms/contract/document/reading.ts";
import { DISPLAY_MARK, type RunExit } from "../../../stages/code/document/runs.ts";
import { DisplayOf } from "../../../stages/code/panel/display.tsx";
import { readOutput } from "../../../stages/code/run/output_text.ts";
import { useRuns } from "../lesson_views.ts";
import { useReplay } from "../model.ts";

/** Only the end of a longer output is shown. */
const MAX_SHOWN_CHARS = 20_000;

export function RunAt({ files }: { files: readonly FileEntry[] }) {
  const { people } = useReplay().manifest.value;
  const run = useRuns().at(-1);
  if (run === undefined) return null;
  const who = people.find(({ participantId }) => participantId === run.by)?.name ?? "Somebody";
  const file = files.find(({ id }) => id === run.fileId)?.name ?? "a file";
  return (
    <section class="run-at" aria-label="Output" data-testid="replay-run">
      <p class="soft small">{who} ran {file} · {exitWords(run.exit)}</p>
      <Output run={run} />
    </section>
  );
}

function Output({ run }: { run: RunEntry }) {
  const text = run.output.toString();
  const from = Math.max(0, text.length - MAX_SHOWN_CHARS);
  const before = text.slice(0, from).split(DISPLAY_MARK).length - 1;
  const pieces = readOutput(text.slice(from), () => false, before);
  return (
    <pre tabIndex={0}>
      {pieces.map((piece, index) =>
        piece.kind === "display"
          ? <DisplayOf key={`display ${piece.index}`} run={run} index={piece.index} />
          : <span key={index} class={piece.colour === null ? "" : `out-${piece.colour}`}>{piece.text}</span>
      )}
    </pre>
  );
}

function exitWords(exit: RunExit): string {
  if (exit === null) return "running";
  if (typeof exit === "string") return exit;
  return exit === 0 ? "done" : `ended with ${exit}`;
}
