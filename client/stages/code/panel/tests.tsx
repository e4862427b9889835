/** A file's tests: what it should print or withstand, and how that went on the run that is shown. */
import { readTests, type TestEntry } from "../../../../rooms/contract/document/reading.ts";
import { CircleCheck, CircleX, Plus, Trash2 } from "lucide-preact";
import { useComputed } from "@preact/signals";
import type { TestResult } from "../../../../rooms/contract/document/schema.ts";
import { IconButton } from "../../../design/icon_button.tsx";
import { setTest } from "../document/files.ts";
import { runnerOf } from "../document/languages.ts";
import type { Workspace } from "../workspace.ts";

const MAX_FIELD_CHARS = 20_000;

export function Tests({ workspace }: { workspace: Workspace }) {
  const { session } = workspace;
  const tests = useComputed(() => {
    workspace.testsVersion.value;
    const file = workspace.shown.value;
    return file === null ? [] : readTests(file);
  });
  const results = useComputed(() => {
    const file = workspace.shown.value;
    const run = workspace.runs.value.findLast((one) =>
      one.fileId === file?.id && one.tests !== null
    );
    return new Map(run?.tests?.map((result) => [result.id, result]) ?? []);
  });
  const file = workspace.shown.value;
  if (file === null) return null;
  if (runnerOf(file.name) === null || runnerOf(file.name) === "preview") {
    return <p class="code-hint">Tests are for files that run and end.</p>;
  }
  const { host } = session.permissions.value;
  const add = (kind: TestEntry["kind"]) =>
    setTest(session.doc, file.id, crypto.randomUUID(), {
      kind,
      name: "",
      input: "",
      expected: "",
      createdAt: Math.round(session.now()),
    });
  return (
    <div class="code-tests" data-testid="code-tests">
      {tests.value.length === 0 && (
        <p class="code-hint">
          {host
            ? "Write what the program should print for an input. Everyone sees on each run what passes."
            : "Your tutor has written no tests for this file."}
        </p>
      )}
      <ol>
        {tests.value.map((test, index) => (
          <li key={test.id}>
            <Case
              workspace={workspace}
              fileId={file.id}
              test={test}
              number={index + 1}
              result={results.value.get(test.id)}
              editable={host}
            />
          </li>
        ))}
      </ol>
      {host && (
        <p class="code-test-actions">
          <button
            type="button"
            class="button"
            data-testid="code-test-add"
            onClick={() => add("output")}
          >
            <Plus size={18} aria-hidden="true" /> Input and output
          </button>
          <button
            type="button"
            class="button"
            data-testid="code-test-add-code"
            onClick={() => add("code")}
          >
            <Plus size={18} aria-hidden="true" /> Code that must hold
          </button>
        </p>
      )}
    </div>
  );
}

interface CaseProps {
  workspace: Workspace;
  fileId: string;
  test: TestEntry;
  number: number;
  result: TestResult | undefined;
  editable: boolean;
}

function Case({ workspace, fileId, test, number, result, editable }: CaseProps) {
  const { doc } = workspace.session;
  const name = test.name || `Test ${number}`;
  const { id, ...fields } = test;
  const change = (part: Partial<TestEntry>) => setTest(doc, fileId, id, { ...fields, ...part });
  const verdict = result === undefined ? "" : result.passed ? "passed" : "failed";
  return (
    <section class="code-case" data-verdict={verdict} data-testid="code-case" aria-label={name}>
      <header>
        {verdict === "passed" && <CircleCheck size={18} aria-label="Passed" />}
        {verdict === "failed" && <CircleX size={18} aria-label="Failed" />}
        {editable
          ? (
            <input
              class="code-case-name"
              value={test.name}
              placeholder={name}
              aria-label="Name of the test"
              maxLength={120}
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
          )
          : <strong>{name}</strong>}
        {editable && (
          <IconButton
            icon={Trash2}
            label={`Delete ${name}`}
            tipSide="left"
            onClick={() => setTest(doc, fileId, id, null)}
          />
        )}
      </header>
      <div class="code-case-fields">
        {test.kind === "output" && (
          <Field
            label="Input"
            value={test.input}
            editable={editable}
            onChange={(input) => change({ input })}
          />
        )}
        <Field
          label={test.kind === "output" ? "Expected output" : "Code after the program"}
          value={test.expected}
          editable={editable}
          onChange={(expected) =>
            change({ expected })}
        />
        {result !== undefined && !result.passed && (
          <div class="field">
            <span>What came</span>
            <pre class="code-case-got">{result.got || "nothing"}</pre>
          </div>
        )}
      </div>
    </section>
  );
}

interface FieldProps {
  label: string;
  value: string;
  editable: boolean;
  onChange: (value: string) => void;
}

function Field({ label, value, editable, onChange }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <textarea
        class="input code-case-text"
        rows={Math.min(6, value.split("\n").length + 1)}
        value={value}
        readOnly={!editable}
        maxLength={MAX_FIELD_CHARS}
        spellcheck={false}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}
