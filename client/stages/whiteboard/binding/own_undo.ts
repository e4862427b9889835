/**
 * Undo and redo of the person's own steps, and of nobody else's.
 *
 * A step is what the person wrote between two stopping points of the editor. Taking it back puts each property that
 * still has the value of the step to what it was before; what others have changed since stays as they left it.
 * tldraw's own history would put whole records back, and take others' work with it.
 */
import type { TLRecord, TLStore } from "tldraw";
import type { BoardBinding, Written } from "./board_binding.ts";
import { type BoardRecord, sameValue } from "./record_map.ts";

const MAX_STEPS = 200;

/** What a step did to each record: the state before its first change and after its last. */
type Step = Map<string, { before: BoardRecord | undefined; after: BoardRecord | undefined }>;

export class OwnUndo {
  readonly #done: Step[] = [];
  readonly #undone: Step[] = [];
  /** Where the next change goes; undefined when it begins a step of its own. */
  #open: Step | undefined;
  #replaying = false;
  readonly #stop: () => void;

  constructor(
    private readonly store: TLStore,
    private readonly binding: BoardBinding,
    private readonly onChange: (depth: { undo: number; redo: number }) => void = () => {},
  ) {
    this.#stop = binding.onWritten((written) => this.#record(written));
  }

  /** What follows is a step of its own. */
  mark(): void {
    this.binding.flush();
    this.#open = undefined;
  }

  undo(): void {
    this.#replay(this.#done, this.#undone);
  }

  redo(): void {
    this.#replay(this.#undone, this.#done);
  }

  destroy(): void {
    this.#stop();
  }

  #record({ id, before, after }: Written): void {
    if (this.#open === undefined) {
      this.#open = new Map();
      this.#done.push(this.#open);
      if (this.#done.length > MAX_STEPS) this.#done.shift();
      this.#undone.length = 0;
    }
    const known = this.#open.get(id);
    this.#open.set(id, { before: known === undefined ? before : known.before, after });
    if (!this.#replaying) this.#tell();
  }

  #replay(from: Step[], to: Step[]): void {
    this.mark();
    if (!this.binding.writable) return;
    const step = from.pop();
    if (step === undefined) return;
    const inverse: Step = new Map();
    this.#open = inverse;
    this.#replaying = true;
    try {
      const puts: TLRecord[] = [];
      const removals: TLRecord["id"][] = [];
      for (const [id, { before, after }] of step) {
        const current = this.store.unsafeGetWithoutCapture(id as TLRecord["id"]);
        const next = takenBack(current as unknown as BoardRecord | undefined, before, after);
        if (next !== undefined) puts.push(next as unknown as TLRecord);
        else if (current !== undefined && before === undefined) removals.push(current.id);
      }
      if (puts.length > 0) this.store.put(puts);
      if (removals.length > 0) this.store.remove(removals);
      this.binding.flush();
    } finally {
      this.#replaying = false;
      this.#open = undefined;
    }
    if (inverse.size > 0) to.push(inverse);
    this.#tell();
  }

  #tell(): void {
    this.onChange({ undo: this.#done.length, redo: this.#undone.length });
  }
}

/** The record without what the step did to it, or undefined when there is nothing to put. */
function takenBack(
  current: BoardRecord | undefined,
  before: BoardRecord | undefined,
  after: BoardRecord | undefined,
): BoardRecord | undefined {
  if (before === undefined) return undefined;
  if (after === undefined) return current === undefined ? before : undefined;
  if (current === undefined) return undefined;
  const props = fieldsBack(fieldsOf(current.props), fieldsOf(before.props), fieldsOf(after.props));
  const record = fieldsBack(current, before, after);
  return { ...record, ...("props" in current ? { props } : {}) } as BoardRecord;
}

function fieldsBack(
  current: Record<string, unknown>,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Record<string, unknown> {
  const fields = { ...current };
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (sameValue(before[key], after[key]) || !sameValue(current[key], after[key])) continue;
    if (before[key] === undefined) delete fields[key];
    else fields[key] = before[key];
  }
  return fields;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
