import { expect } from "@std/expect";
import type { RecordingState } from "./contract/document/schema.ts";
import { RoomError } from "./contract/errors.ts";
import type { RecordingPort } from "./ports.ts";
import { RecordingControl } from "./recording_control.ts";

/** A recording whose beginnings fail as long as there is an error left to fail with. */
function stage(failures: Error[], shown: RecordingState = { state: "off", since: 0 }) {
  const begun = Promise.withResolvers<{ paused: boolean }>();
  const failed: unknown[] = [];
  let tries = 0;
  let elapsed = 0;
  const recorder: RecordingPort = {
    begin(_, paused) {
      tries++;
      const failure = failures.shift();
      if (failure !== undefined) return Promise.reject(failure);
      recording.troubled(null, 0);
      begun.resolve({ paused });
      return Promise.resolve();
    },
    hold() {},
    pause: () => Promise.resolve(),
    resume: () => Promise.resolve(),
    end: () => Promise.resolve("/recordings/r"),
    suspend: () => Promise.resolve(),
    presence() {},
  };
  const recording = new RecordingControl({
    recorder,
    checkpoint: (now) => Promise.resolve({ seq: 1, at: now }),
    state: () => shown,
    show: (recording) => void (shown = recording),
    failed: (_, error) => void failed.push(error),
    clock: () => elapsed,
  });
  // Both clocks stand at the same time here.
  const { begin, tick } = RecordingControl.prototype;
  recording.begin = (now) => begin.call(recording, elapsed = now);
  recording.tick = (now) => tick.call(recording, elapsed = now);
  return { recording, begun: begun.promise, failed, state: () => shown, tries: () => tries };
}

/** Lets what is under way get to where it waits. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("a recording that can't be begun says so and is begun as soon as it can", async () => {
  const { recording, begun, failed, state, tries } = stage([new Error("no"), new Error("not yet")]);
  recording.begin(1000);
  expect(state()).toEqual({ state: "recording", since: 1000 });
  await settle();
  expect(state()).toEqual({ state: "recording", since: 1000, trouble: "storage" });
  recording.tick(5999);
  await settle();
  expect(tries()).toBe(1);
  recording.tick(6000);
  await settle();
  expect(state().trouble).toBe("storage");
  recording.tick(11_000);
  expect(await begun).toEqual({ paused: false });
  expect(state()).toEqual({ state: "recording", since: 1000 });
  expect(failed.length).toBe(2);
  recording.tick(60_000);
  await settle();
  expect(tries()).toBe(3);
});

Deno.test("a recording that is paused before it could be begun is begun as paused", async () => {
  const { recording, begun, state } = stage([new Error("no")]);
  recording.begin(1000);
  await settle();
  await recording.pause(2000);
  expect(state()).toEqual({ state: "paused", since: 2000, trouble: "storage" });
  recording.tick(7000);
  expect(await begun).toEqual({ paused: true });
});

Deno.test("where the recording is over there is none, and nothing is tried again", async () => {
  const { recording, state, tries } = stage([new RoomError("over", "It is over")]);
  recording.begin(1000);
  await settle();
  expect(state()).toEqual({ state: "off", since: 1000 });
  recording.tick(60_000);
  await settle();
  expect(tries()).toBe(1);
});

Deno.test("what was in the way when the server went down isn't shown after its start", () => {
  const { recording, state } = stage([], { state: "recording", since: 5, trouble: "disk-full" });
  recording.begin(1000);
  expect(state()).toEqual({ state: "recording", since: 5 });
});
