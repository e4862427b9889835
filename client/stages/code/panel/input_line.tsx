/** Where the person who ran a program types what it asks for. */
import { CornerDownLeft } from "lucide-preact";
import { useEffect, useRef } from "preact/hooks";
import type { Runner } from "../run/runner.ts";

export function InputLine({ runner }: { runner: Runner }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <form
      class="code-input"
      onSubmit={(event) => {
        event.preventDefault();
        const field = input.current;
        if (field === null) return;
        runner.type(field.value);
        field.value = "";
      }}
    >
      <input
        ref={input}
        class="input"
        aria-label="Input for the program"
        placeholder="Type, then Enter"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        maxLength={4000}
        data-testid="code-input"
        onKeyDown={(event) => {
          if (event.key !== "d" || !event.ctrlKey) return;
          event.preventDefault();
          runner.endInput();
        }}
      />
      <button type="submit" class="button" aria-label="Send the input">
        <CornerDownLeft size={18} aria-hidden="true" />
      </button>
      <button type="button" class="button" onClick={() => runner.endInput()}>End of input</button>
    </form>
  );
}
