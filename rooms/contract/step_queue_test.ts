import { expect } from "@std/expect";
import { StepQueue } from "./step_queue.ts";

/** A step that ends when it is told to, and notes when it begins and ends. */
function step(name: string, notes: string[]) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const run = async () => {
    notes.push(`${name} begins`);
    await promise;
    notes.push(`${name} ends`);
    return name;
  };
  return { run, end: resolve, fail: reject };
}

for (const how of ["run", "runAtOnce"] as const) {
  Deno.test(`StepQueue.${how} begins a step when the one in front of it is over, and answers what it answers`, async () => {
    const queue = new StepQueue();
    const notes: string[] = [];
    const [first, second] = [step("first", notes), step("second", notes)];
    const answers = [queue[how](first.run), queue[how](second.run)];
    second.end();
    first.end();
    expect(await Promise.all(answers)).toEqual(["first", "second"]);
    expect(notes).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  });

  Deno.test(`StepQueue.${how}: a step that fails holds up none behind it`, async () => {
    const queue = new StepQueue();
    const notes: string[] = [];
    const [first, second] = [step("first", notes), step("second", notes)];
    const failed = queue[how](first.run);
    const answer = queue[how](second.run);
    second.end();
    first.fail(new Error("broke"));
    await expect(failed).rejects.toThrow("broke");
    expect(await answer).toBe("second");
    await queue.settled;
    expect(queue.idle).toBe(true);
  });
}

Deno.test("StepQueue.run lets its caller finish first, runAtOnce begins inside the call when nothing waits", async () => {
  const queue = new StepQueue();
  const notes: string[] = [];
  const [first, second, third] = [
    step("first", notes),
    step("second", notes),
    step("third", notes),
  ];
  void queue.runAtOnce(first.run);
  expect(notes).toEqual(["first begins"]);
  void queue.runAtOnce(second.run);
  expect(notes).toEqual(["first begins"]);
  for (const { end } of [first, second, third]) end();
  await queue.settled;
  void queue.run(third.run);
  expect(notes.includes("third begins")).toBe(false);
  expect(queue.idle).toBe(false);
  await queue.settled;
  expect(notes.at(-1)).toBe("third ends");
});
