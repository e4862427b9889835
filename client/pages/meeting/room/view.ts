/**
 * What this person has open: stages, the panel beside them, questions on top. Nobody else sees it.
 *
 * Invariant: one or two stages are shown, never the same one twice, and only those that this build has.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { StageName } from "../../../stages/stages.ts";

export type Panel = "chat" | "people";
export type Question = "end" | "keys" | null;

export class View {
  readonly #stages = signal<readonly StageName[]>(["talk"]);
  readonly #panel = signal<Panel | null>(null);
  readonly question = signal<Question>(null);
  /** What is written in the chat and not sent: it survives closing the panel. */
  draft = "";

  constructor(readonly available: readonly StageName[]) {}

  get stages(): ReadonlySignal<readonly StageName[]> {
    return this.#stages;
  }

  get panel(): ReadonlySignal<Panel | null> {
    return this.#panel;
  }

  /** Turns to a stage. With two open, it takes the place of the one that was opened first. */
  open(stage: StageName): void {
    const open = this.#stages.value;
    if (!this.available.includes(stage) || open.includes(stage)) return;
    this.#stages.value = open.length === 1 ? [stage] : [...open.slice(1), stage];
  }

  /** Turns to this stage alone, as when the host brings everyone. */
  only(stage: StageName): void {
    if (this.available.includes(stage)) this.#stages.value = [stage];
  }

  /** Puts another stage beside the one that is open, or goes back to one. */
  toggleSplit(): void {
    const open = this.#stages.value;
    const first = open[0] ?? "talk";
    if (open.length > 1) {
      this.#stages.value = [open.at(-1) ?? first];
      return;
    }
    const other = (["board", "code", "talk"] as const)
      .find((stage) => stage !== first && this.available.includes(stage));
    if (other !== undefined) this.#stages.value = [first, other];
  }

  togglePanel(panel: Panel): void {
    this.#panel.value = this.#panel.value === panel ? null : panel;
  }

  closePanel(): void {
    this.#panel.value = null;
  }
}
