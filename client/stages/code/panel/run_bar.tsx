/** Run and Stop, what the run is doing, and the settings of the next one. */
import type { RunEntry } from "../../../../rooms/contract/document/reading.ts";
import { Play, Settings2, Square } from "lucide-preact";
import { participantsOf, readParticipant } from "../../../../rooms/contract/document/schema.ts";
import { Menu, MenuItem } from "../../../design/menu.tsx";
import { runnerOf } from "../document/languages.ts";
import { type RunPhase, TIME_LIMITS_MS } from "../run/runner.ts";
import type { PanelTab, Workspace } from "../workspace.ts";

const TABS: readonly { tab: PanelTab; label: string }[] = [
  { tab: "output", label: "Output" },
  { tab: "tests", label: "Tests" },
  { tab: "preview", label: "Preview" },
];

export function RunBar({ workspace }: { workspace: Workspace }) {
  const { runner } = workspace;
  return (
    <div class="code-bar code-run-bar">
      <RunButton workspace={workspace} />
      <div class="code-panel-tabs" role="tablist" aria-label="Beside the code">
        {TABS.map(({ tab, label }) => (
          <button
            key={tab}
            type="button"
            role="tab"
            class="code-panel-tab"
            aria-selected={workspace.tab.value === tab}
            data-testid={`code-tab-${tab}`}
            onClick={() => workspace.tab.value = tab}
          >
            {label}
          </button>
        ))}
      </div>
      <Menu
        label="Settings of the run"
        tip="Time limit"
        tipSide="left"
        button={<Settings2 size={18} aria-hidden="true" />}
      >
        <p class="menu-heading">A run may take</p>
        {TIME_LIMITS_MS.map((ms) => (
          <MenuItem
            key={ms}
            label={ms < 60_000 ? `${ms / 1000} seconds` : `${ms / 60_000} min`}
            checked={runner.timeLimitMs.value === ms}
            onSelect={() => runner.timeLimitMs.value = ms}
          />
        ))}
      </Menu>
    </div>
  );
}

function RunButton({ workspace }: { workspace: Workspace }) {
  const { runner, session } = workspace;
  const others = workspace.runs.value.findLast((run) =>
    run.exit === null && run.by !== session.me.id
  );
  if (runner.busy.value) {
    return (
      <button
        type="button"
        class="button code-run"
        data-testid="code-stop"
        onClick={() => runner.stop()}
      >
        <Square size={16} fill="currentColor" aria-hidden="true" /> Stop
      </button>
    );
  }
  if (others !== undefined && session.permissions.value.host) {
    return (
      <button
        type="button"
        class="button code-run"
        data-testid="code-stop-other"
        onClick={() => others.map.set("stop", session.me.id)}
      >
        <Square size={16} fill="currentColor" aria-hidden="true" /> Stop
      </button>
    );
  }
  const file = workspace.shown.value;
  const what = file === null ? null : runnerOf(file.name);
  const may = session.permissions.value.run;
  const reason = !may
    ? "The host has not opened running for you"
    : what === null
    ? "This kind of file doesn’t run"
    : `Run ${file?.name} (Ctrl Enter)`;
  return (
    <button
      type="button"
      class="button button-main code-run"
      disabled={!may || what === null}
      title={reason}
      data-testid="code-run"
      onClick={() => workspace.runShown()}
    >
      <Play size={16} fill="currentColor" aria-hidden="true" /> Run
    </button>
  );
}

/** What happens on this page's run, or how the shown one went. */
export function RunStatus({ workspace, run }: { workspace: Workspace; run: RunEntry }) {
  const { session, runner } = workspace;
  const mine = run.by === session.me.id;
  const who = mine ? "You" : nameOf(workspace, run.by);
  const file = workspace.files.value.find(({ id }) => id === run.fileId)?.name ?? "a deleted file";
  const phase = mine && run.exit === null ? runner.phase.value : null;
  const passed = run.tests?.filter((test) => test.passed).length ?? 0;
  return (
    <p
      class="code-status"
      data-testid="code-status"
      data-run={run.id}
      data-exit={String(run.exit ?? "running")}
    >
      <span>
        {who} ran <strong>{file}</strong>
      </span>
      <span class={run.exit === 0 ? "code-good" : run.exit === null ? "" : "code-bad"}>
        {phase === null ? exitWords(run.exit) : phaseWords(phase)}
      </span>
      {run.tests !== null && run.tests.length > 0 && (
        <button
          type="button"
          class={`code-verdict ${passed === run.tests.length ? "code-good" : "code-bad"}`}
          data-testid="code-verdict"
          onClick={() => {
            workspace.open(run.fileId);
            workspace.tab.value = "tests";
          }}
        >
          {passed} of {run.tests.length} tests pass
        </button>
      )}
      {phase?.phase === "loading" && (
        <progress
          aria-label="The language is on its way"
          {...(phase.part === null ? {} : { value: phase.part })}
        />
      )}
    </p>
  );
}

export function nameOf(workspace: Workspace, participantId: string): string {
  const person = workspace.session.participants.value.find(({ id }) => id === participantId);
  if (person !== undefined) return person.name;
  const earlier = participantsOf(workspace.session.doc).get(participantId);
  return earlier === undefined ? "Somebody who left" : readParticipant(earlier).name;
}

function phaseWords(phase: RunPhase): string {
  switch (phase.phase) {
    case "idle":
      return "";
    case "loading":
      return phase.part === null || phase.part >= 1
        ? "Starting…"
        : `Getting the language, ${Math.round(phase.part * 100)}% of ${
          Math.max(1, Math.round(phase.megabytes))
        } MB. Later runs start at once.`;
    case "running":
      return "Running…";
    case "asking":
      return "Waiting for input";
    case "testing":
      return `Testing, ${phase.done} of ${phase.of}…`;
  }
}

function exitWords(exit: RunEntry["exit"]): string {
  switch (exit) {
    case null:
      return "Running…";
    case 0:
      return "Finished";
    case "stopped":
      return "Stopped";
    case "timeout":
      return "Stopped at the time limit";
    case "truncated":
      return "Stopped: output truncated";
    case "interrupted":
      return "Interrupted: the page that ran it was closed";
    default:
      return `Ended with code ${exit}`;
  }
}
