/** Search over everything that was written; each find leads to its moment. */
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { sayElapsed } from "../../../words/time.ts";
import { useReplay } from "../model.ts";
import type { Find } from "./index_protocol.ts";
import "./search.css";

const KIND_LABELS = { chat: "Chat", code: "Code" } as const;
const TYPING_MS = 150;

type Results = { state: "none" } | { state: "found"; finds: Find[] } | { state: "failed" };

export function SearchBox() {
  const replay = useReplay();
  const { index, view } = replay;
  const words = useSignal("");
  const results = useSignal<Results>({ state: "none" });
  const open = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();

  useEffect(() =>
    view.searching.subscribe((wants) => {
      if (!wants) return;
      view.searching.value = false;
      input.current?.focus();
    }), [view]);
  useEffect(() => {
    const asked = words.value.trim();
    if (asked === "") return void (results.value = { state: "none" });
    const timer = setTimeout(async () => {
      const answer = await index.search(asked).then(
        (finds): Results => ({ state: "found", finds }),
        (): Results => ({ state: "failed" }),
      );
      if (words.value.trim() === asked) results.value = answer;
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [words.value]);

  const close = () => {
    open.value = false;
    input.current?.blur();
  };
  const go = (find: Find) => {
    replay.seek(find.atMs);
    if (find.kind === "chat") view.chatOpen.value = true;
    else if (view.layout.value !== "all") {
      view.layout.value = find.kind === "board" ? "board" : "code";
    }
    close();
  };
  const onFocusOut = (event: FocusEvent) => {
    const box = event.currentTarget as HTMLElement;
    if (!box.contains(event.relatedTarget as Node | null)) open.value = false;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const box = event.currentTarget as HTMLElement;
    if (event.key === "Escape") return close();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const stops = [input.current!, ...box.querySelectorAll<HTMLElement>(".find")];
    const at = stops.indexOf(document.activeElement as HTMLInputElement);
    stops[Math.max(0, Math.min(stops.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))]
      ?.focus();
  };
  return (
    <search class="search" onFocusOut={onFocusOut} onKeyDown={onKeyDown}>
      <input
        ref={input}
        type="search"
        class="input"
        placeholder="Search the lesson"
        aria-label="Search the lesson"
        aria-controls={listId}
        aria-expanded={open.value}
        role="combobox"
        aria-keyshortcuts="/"
        data-testid="search"
        value={words.value}
        onFocus={() => open.value = true}
        onInput={(event) => words.value = event.currentTarget.value}
      />
      {open.value && words.value.trim() !== "" && (
        <div class="finds" id={listId} data-testid="finds">
          <Results
            results={results.value}
            reading={index.reading.value}
            onGo={go}
          />
        </div>
      )}
    </search>
  );
}

/** Where it stood, in words; of some kinds the place says it all. */
function placeOf({ kind, where }: Find): string {
  return kind === "chat" || kind === "code" ? `${KIND_LABELS[kind]} · ${where}` : where;
}

interface ResultsProps {
  results: Results;
  reading: number | null;
  onGo: (find: Find) => void;
}

function Results({ results, reading, onGo }: ResultsProps) {
  if (results.state === "failed") {
    return <p class="soft finds-none">The lesson’s words can’t be read just now. Try again.</p>;
  }
  if (reading !== null || results.state === "none") {
    return (
      <p class="soft finds-none" role="status">
        Reading the lesson{reading === null ? "" : ` (${Math.round(reading * 100)} %)`}…
      </p>
    );
  }
  if (results.finds.length === 0) {
    return <p class="soft finds-none" role="status">Nobody wrote that in this lesson.</p>;
  }
  return (
    <ul>
      {results.finds.map((find, index) => (
        <li key={index}>
          <button type="button" class="find" data-testid="find" onClick={() => onGo(find)}>
            <span class="numbers find-time">{sayElapsed(find.atMs)}</span>
            <span
              class={find.kind === "code" || find.kind === "run" ? "find-text mono" : "find-text"}
            >
              {find.text}
            </span>
            <span class="soft small find-where">{placeOf(find)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
