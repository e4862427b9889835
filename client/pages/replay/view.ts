/** What of a recording stands on the page: the layout, the open panel, and whether the copy to try things in is open. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";

export const LAYOUTS = ["all", "board", "code", "faces"] as const;
export type Layout = (typeof LAYOUTS)[number];

export const LAYOUT_LABELS: Readonly<Record<Layout, string>> = {
  all: "All",
  board: "Board",
  code: "Code",
  faces: "Faces",
};

export class ReplayView {
  readonly layout: Signal<Layout> = signal<Layout>("all");
  readonly chatOpen: Signal<boolean> = signal(!matchMedia("(max-width: 1000px)").matches);
  /** The name of whoever speaks stands over the tiles. */
  readonly captions: Signal<boolean> = signal(false);
  readonly keysOpen: Signal<boolean> = signal(false);
  /** The search field wants the focus. */
  readonly searching: Signal<boolean> = signal(false);
  /** A copy of the files and the board as of this time stands open. */
  readonly copyOf: Signal<number | null> = signal<number | null>(null);
  /** The file that the person chose to look at; null follows the lesson. */
  readonly fileId: Signal<string | null> = signal<string | null>(null);

  readonly showsFaces: ReadonlySignal<boolean> = computed(() =>
    this.layout.value === "all" || this.layout.value === "faces"
  );
}
