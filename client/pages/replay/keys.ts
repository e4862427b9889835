/** The keys of the replay. They never fire while somebody types. */
import type { Replay } from "./model.ts";

export interface Shortcut {
  /** As `KeyboardEvent.key` says it, letters in upper case. */
  keys: readonly string[];
  /** As it is printed. */
  shown: string;
  does: string;
  run: (replay: Replay) => void;
}

const by = (ms: number) => (replay: Replay) => replay.seekBy(ms);

/** In the order in which the help shows them. */
export const SHORTCUTS: readonly Shortcut[] = [
  {
    keys: [" "],
    shown: "Space",
    does: "Play or pause",
    run: (replay) => replay.setPlaying(!replay.playing.value),
  },
  { keys: ["J"], shown: "J", does: "10 seconds back", run: by(-10_000) },
  { keys: ["L"], shown: "L", does: "10 seconds on", run: by(10_000) },
  { keys: ["ArrowLeft"], shown: "←", does: "5 seconds back", run: by(-5000) },
  { keys: ["ArrowRight"], shown: "→", does: "5 seconds on", run: by(5000) },
  { keys: ["<"], shown: "<", does: "Slower", run: (replay) => replay.stepRate(-1) },
  { keys: [">"], shown: ">", does: "Faster", run: (replay) => replay.stepRate(1) },
  {
    keys: ["M"],
    shown: "M",
    does: "Sound on or off",
    run: (replay) => replay.setVolume(replay.volume.value > 0 ? 0 : 1),
  },
  {
    keys: ["C"],
    shown: "C",
    does: "Names of who speaks",
    run: ({ view }) => view.captions.value = !view.captions.value,
  },
  {
    keys: ["T"],
    shown: "T",
    does: "Chat",
    run: ({ view }) => view.chatOpen.value = !view.chatOpen.value,
  },
  { keys: ["/"], shown: "/", does: "Search", run: ({ view }) => view.searching.value = true },
  { keys: ["?"], shown: "?", does: "All keys", run: ({ view }) => view.keysOpen.value = true },
];

const TYPED_INTO =
  "input:not([type=range]), textarea, select, [contenteditable], [role=menu], dialog";
/** Space presses these, and the arrows move them. */
const PRESSED = "button, a, summary";

/** Answers a function that stops listening. */
export function listenToKeys(replay: Replay): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.isComposing || replay.view.copyOf.value !== null) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target !== null && target.closest(TYPED_INTO) !== null) return;
    if (event.key === " " && target?.closest(PRESSED)) return;
    const key = event.key.length === 1 ? event.key.toLocaleUpperCase() : event.key;
    const shortcut = SHORTCUTS.find(({ keys }) => keys.includes(key));
    if (shortcut === undefined) return;
    // Before the board sees it, which has keys of its own.
    event.preventDefault();
    event.stopPropagation();
    shortcut.run(replay);
  };
  addEventListener("keydown", onKeyDown, { capture: true });
  return () => removeEventListener("keydown", onKeyDown, { capture: true });
}
