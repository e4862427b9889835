/**
 * `deno task test`: everything, from a fresh checkout. Unit tests, integration tests, then real browsers one after
 * the other; the last line is `N passed, N failed`.
 *
 * Nothing is skipped for want of a program: what is missing is installed from Debian's packages where that is allowed,
 * and otherwise this ends, before the first test, with an error that names it and says how to install it.
 */
import { meetNeeds } from "./needs.ts";
import { buildClient, isClientStale } from "../server/client_build.ts";

interface Group {
  name: string;
  paths: string[];
  flags: string[];
}

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const ROOT = new URL("../", import.meta.url);
/** A group that takes longer hangs. */
const GROUP_TIMEOUT_MS = 45 * 60_000;

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function fail(text: string): never {
  say(text);
  Deno.exit(1);
}

const missing = await meetNeeds(say);
if (missing !== null) fail(missing);
if (await isClientStale()) {
  say("Building the client …");
  if (!await buildClient()) fail("The client could not be built.");
}

const groups: Group[] = [
  // What holds no native library must leave nothing open either.
  {
    name: "unit, rooms and database",
    paths: ["rooms", "db"],
    flags: ["--parallel", "--trace-leaks", "--sanitize-ops", "--sanitize-resources"],
  },
  {
    name: "unit, all the rest",
    paths: [],
    flags: ["--parallel", "--trace-leaks", "--ignore=rooms,db,tests"],
  },
  { name: "structure", paths: ["tests/structure"], flags: [] },
  { name: "integration", paths: ["tests/integration"], flags: ["--trace-leaks"] },
  { name: "browsers", paths: await testFiles("tests/e2e"), flags: [] },
];
const total: Count = { passed: 0, failed: 0, skipped: 0 };
for (const group of groups) {
  say(`\n== ${group.name}`);
  const count = await run(group);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
say(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
Deno.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

async function run(group: Group): Promise<Count> {
  const directory = await Deno.makeTempDir({ prefix: "lectern-report-" });
  const report = `${directory}/report.xml`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", ...group.flags, `--junit-path=${report}`, ...group.paths],
    cwd: ROOT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const timer = setTimeout(() => {
    say(`${group.name}: still running after ${GROUP_TIMEOUT_MS / 60_000} minutes, ended.`);
    child.kill("SIGKILL");
  }, GROUP_TIMEOUT_MS);
  const { success } = await child.status;
  clearTimeout(timer);
  const count = readReport(await Deno.readTextFile(report).catch(() => ""));
  await Deno.remove(directory, { recursive: true });
  // A module that can't be loaded, or a leak after the last test, fails without a test case.
  if (!success && count.failed === 0) count.failed = 1;
  return count;
}

/** Counts the cases of a JUnit report. */
function readReport(xml: string): Count {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const [, body = ""] of xml.matchAll(/<testcase\b[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    if (/<(failure|error)\b/.test(body)) count.failed++;
    else if (/<skipped\b/.test(body)) count.skipped++;
    else count.passed++;
  }
  return count;
}

async function testFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    if (/_test\.tsx?$/.test(entry.name)) files.push(`${folder}/${entry.name}`);
  }
  return files.sort();
}
