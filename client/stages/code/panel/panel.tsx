/** Beside the code: the output of a run, the file's tests, or the preview of a page. */
import type { RunEntry } from "../../../../rooms/contract/document/reading.ts";
import { History } from "lucide-preact";
import { Menu, MenuItem } from "../../../design/menu.tsx";
import type { Runner } from "../run/runner.ts";
import type { Workspace } from "../workspace.ts";
import { InputLine } from "./input_line.tsx";
import { Output } from "./output.tsx";
import { Preview } from "./preview.tsx";
import { nameOf, RunBar, RunStatus } from "./run_bar.tsx";
import { Tests } from "./tests.tsx";

export function Panel({ workspace }: { workspace: Workspace }) {
  const tab = workspace.tab.value;
  return (
    <section class="code-panel" aria-label="Running">
      <RunBar workspace={workspace} />
      {tab === "output" && <OutputTab workspace={workspace} />}
      {tab === "tests" && <Tests workspace={workspace} />}
      {tab === "preview" && <Preview workspace={workspace} />}
    </section>
  );
}

function OutputTab({ workspace }: { workspace: Workspace }) {
  const run = workspace.run.value;
  const { runner } = workspace;
  if (run === null) {
    return (
      <>
        <p class="code-hint">
          Press Run: the program runs on your device, and everyone sees what it prints.
        </p>
        <TypedAhead runner={runner} />
      </>
    );
  }
  const mine = run.exit === null && run.by === workspace.session.me.id;
  const asked = mine && runner.phase.value.phase === "asking";
  return (
    <>
      <div class="code-run-head">
        <RunStatus workspace={workspace} run={run} />
        {workspace.runs.value.length > 1 && <EarlierRuns workspace={workspace} />}
      </div>
      <Output key={run.id} workspace={workspace} run={run} />
      {asked ? <InputLine runner={runner} /> : <TypedAhead runner={runner} />}
    </>
  );
}

/** Where stack switching is missing, a program can't wait: its input is typed before. */
function TypedAhead({ runner }: { runner: Runner }) {
  if ("Suspending" in WebAssembly) return null;
  return (
    <label class="field code-ahead">
      <span>Input (this browser can’t wait for it while a program runs)</span>
      <textarea
        class="input"
        rows={2}
        value={runner.typedAhead.value}
        onInput={(event) => runner.typedAhead.value = event.currentTarget.value}
      />
    </label>
  );
}

function EarlierRuns({ workspace }: { workspace: Workspace }) {
  const runs = workspace.runs.value.toReversed();
  const shown = workspace.run.value;
  const label = (run: RunEntry) => {
    const file = workspace.files.value.find(({ id }) => id === run.fileId)?.name;
    const time = new Date(run.startedAt).toLocaleTimeString([], {
      hour: "2-digit",
      minute: "2-digit",
    });
    return `${time} ${file ?? "a deleted file"}, ${nameOf(workspace, run.by)}`;
  };
  return (
    <Menu
      label="Earlier runs"
      tip="Earlier runs"
      tipSide="left"
      button={<History size={18} aria-hidden="true" />}
    >
      {runs.map((run, index) => (
        <MenuItem
          key={run.id}
          label={label(run)}
          checked={run.id === shown?.id}
          onSelect={() => workspace.chosenRun.value = index === 0 ? null : run.id}
        />
      ))}
    </Menu>
  );
}
