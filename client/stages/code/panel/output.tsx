/** What a run printed, as everybody sees it: text with colours, places to go to, tables and pictures. */
import type { RunEntry } from "../../../../rooms/contract/document/reading.ts";
import { observe } from "../../../../rooms/contract/document/shielded.ts";
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { DISPLAY_MARK } from "../document/runs.ts";
import { type Piece, readOutput } from "../run/output_text.ts";
import type { Workspace } from "../workspace.ts";
import { DisplayOf } from "./display.tsx";

/** More than this is not laid out: the end of a long output is what one reads. */
const SHOWN_CHARS = 60_000;
const NEAR_END_PX = 48;

interface Shown {
  pieces: Piece[];
  /** Whether the beginning is left out. */
  cut: boolean;
}

export function Output({ workspace, run }: { workspace: Workspace; run: RunEntry }) {
  const shown = useSignal<Shown>({ pieces: [], cut: false });
  const whole = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const names = useComputed(() => new Set(workspace.files.value.map(({ name }) => name)));

  useEffect(() => {
    const { output } = run;
    const read = () => {
      const text = output.toString();
      const from = whole.value ? 0 : startOf(text);
      const before = text.slice(0, from).split(DISPLAY_MARK).length - 1;
      const pieces = readOutput(text.slice(from), (name) => names.value.has(name), before);
      shown.value = { pieces, cut: from > 0 };
    };
    read();
    const stopText = observe(output, read);
    const stop = whole.subscribe(read);
    const stopNames = names.subscribe(read);
    return () => {
      stopText();
      stop();
      stopNames();
    };
  }, [run.map]);

  const { pieces, cut } = shown.value;
  useLayoutEffect(() => {
    const element = box.current;
    if (element !== null && following.current) element.scrollTop = element.scrollHeight;
  }, [pieces]);

  return (
    <div
      ref={box}
      class="code-output"
      tabIndex={0}
      role="log"
      aria-label="Output"
      data-testid="code-output"
      onScroll={({ currentTarget: element }) => {
        const left = element.scrollHeight - element.scrollTop - element.clientHeight;
        following.current = left < NEAR_END_PX;
      }}
    >
      {cut && (
        <button type="button" class="button code-whole" onClick={() => whole.value = true}>
          Show it from the beginning
        </button>
      )}
      <pre>{pieces.map((piece, index) => (
        <PieceView key={index} piece={piece} run={run} workspace={workspace} />
      ))}</pre>
    </div>
  );
}

/** The start of a line, so that at most {@linkcode SHOWN_CHARS} are shown. */
function startOf(text: string): number {
  if (text.length <= SHOWN_CHARS) return 0;
  const from = text.length - SHOWN_CHARS;
  return text.indexOf("\n", from) + 1 || from;
}

interface PieceProps {
  piece: Piece;
  run: RunEntry;
  workspace: Workspace;
}

function PieceView({ piece, run, workspace }: PieceProps) {
  if (piece.kind === "display") {
    return <DisplayOf run={run} index={piece.index} />;
  }
  const colour = piece.colour === null ? "" : `code-${piece.colour}`;
  if (piece.kind === "text") {
    const look = `${colour} ${piece.bold ? "code-bold" : ""}`.trim();
    return look === "" ? <>{piece.text}</> : <span class={look}>{piece.text}</span>;
  }
  const { file, line, column } = piece;
  return (
    <button
      type="button"
      class={`code-place ${colour}`}
      title={`Go to line ${line} of ${file}`}
      data-testid="code-place"
      onClick={() => {
        const target = workspace.files.value.find(({ name }) => name === file);
        if (target !== undefined) workspace.goTo(target.id, line, column);
      }}
    >
      {piece.text}
    </button>
  );
}
