import { expect } from "@std/expect";

/** Runs a scenario of testing/scenarios.ts in a process of its own (see there why). */
async function holds(scenario: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("./testing/scenarios.ts", import.meta.url).href, scenario],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(180_000),
  }).output();
  const told = success ? "" : new TextDecoder().decode(stderr);
  expect({ success, told }).toEqual({ success: true, told: "" });
}

Deno.test("two people see and hear each other", () => holds("seen"));

Deno.test("a muted microphone falls silent for the others, and comes back as the same producer", () =>
  holds("muted"));

Deno.test("a camera that goes off leaves no video, and comes back moving", () => holds("camera"));

Deno.test("a microphone that the host stops is off here too, and stays off where the policy says so", () =>
  holds("stopped"));

Deno.test("a media process that is replaced costs a moment, not the call", () => holds("replaced"));

Deno.test("media goes on after the server restarted", () => holds("restarted"));

Deno.test("a path that breaks is repaired by restarting ICE, with the same tracks", () =>
  holds("repaired"));
