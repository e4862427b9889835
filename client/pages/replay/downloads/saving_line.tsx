/** How far a file has come that was asked for, or why it didn't. */

export type Saving =
  /** `part` is null when nobody can say how far it is. */
  | { state: "loading"; name: string; part: number | null; stop: AbortController }
  | { state: "failed"; name: string }
  | { state: "empty"; what: string };

export function SavingLine({ saving, onClose }: { saving: Saving | null; onClose: () => void }) {
  if (saving === null) return null;
  if (saving.state === "loading") {
    return (
      <p class="saving" role="status">
        <span>{saving.name}</span>
        <progress
          max={1}
          {...(saving.part !== null && { value: saving.part })}
          aria-label="Download"
        />
        <button type="button" class="button" onClick={() => saving.stop.abort()}>Cancel</button>
      </p>
    );
  }
  return (
    <p class="saving" role="alert">
      <span>
        {saving.state === "failed"
          ? `${saving.name} did not arrive whole. Try again in a moment.`
          : saving.what}
      </span>
      <button type="button" class="button" onClick={onClose}>Close</button>
    </p>
  );
}
