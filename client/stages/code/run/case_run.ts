/**
 * Runs a file's cases one after the other and judges them. Nothing of it is shown but the verdicts.
 *
 * A case of kind `output` passes when the program prints what is expected: spaces at the ends of lines and empty lines at
 * the end don't count. One of kind `code` passes when the program, with that code after it, ends without an error.
 */
import type { TestEntry } from "../../../../rooms/contract/document/reading.ts";
import {
  MAX_GOT_CHARS,
  MAX_TEST_RESULTS,
} from "../../../../rooms/contract/document/schema_code.ts";
import type { TestResult } from "../../../../rooms/contract/document/schema.ts";
import {
  type RunnerEvent,
  type RunnerName,
  type RunRequest,
  tableText,
} from "../sandbox/messages.ts";
import type { FrameRun } from "./sandbox_frame.ts";

const CASE_LIMIT_MS = 10_000;

export interface TestPlan {
  entry: string;
  files: Record<string, string>;
  runner: RunnerName;
  tests: readonly TestEntry[];
}

export interface TestBench {
  run(request: RunRequest, onEvent: (event: RunnerEvent) => void): FrameRun;
  isStopped(): boolean;
  onDone(count: number): void;
}

export async function runTests(plan: TestPlan, bench: TestBench): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const test of plan.tests.slice(0, MAX_TEST_RESULTS)) {
    if (bench.isStopped()) break;
    results.push(await runCase(plan, test, bench));
    bench.onDone(results.length);
  }
  return results;
}

async function runCase(plan: TestPlan, test: TestEntry, bench: TestBench): Promise<TestResult> {
  let printed = "";
  let faults = "";
  const run = bench.run(requestFor(plan, test), (event) => {
    if (event.type === "stdout") printed += event.text;
    if (event.type === "stderr") faults += event.text;
    if (event.type === "display") printed += tableText(event.display);
  });
  const end = await run.ended;
  const passed = end === 0 && (test.kind === "code" || sameOutput(printed, test.expected));
  const reason = end === "timeout"
    ? `It took longer than ${CASE_LIMIT_MS / 1000} seconds.`
    : faults.trim() || printed;
  return {
    id: test.id,
    name: test.name,
    passed,
    got: (test.kind === "output" && end === 0 ? printed : reason).slice(0, MAX_GOT_CHARS)
      .toWellFormed(),
  };
}

function requestFor({ entry, files, runner }: TestPlan, test: TestEntry): RunRequest {
  const source = files[entry] ?? "";
  const withCode = test.kind === "code" ? `${source}\n${test.expected}\n` : source;
  return {
    runner,
    entry,
    files: { ...files, [entry]: withCode },
    input: test.input === "" ? [] : test.input.replace(/\n$/, "").split("\n"),
    interactive: false,
    timeLimitMs: CASE_LIMIT_MS,
  };
}

export function sameOutput(got: string, expected: string): boolean {
  const plain = (text: string) => text.replace(/[ \t\r]+$/gm, "").replace(/\n+$/, "");
  return plain(got) === plain(expected);
}
