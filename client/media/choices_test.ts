import { expect } from "@std/expect";
import { parseChoices } from "./choices.ts";

Deno.test("a first visit has both devices on and the system's defaults", () => {
  const choices = parseChoices(null);
  expect(choices).toEqual({
    microphoneId: null,
    cameraId: null,
    speakerId: null,
    microphoneOn: true,
    cameraOn: true,
    sound: "speech",
  });
});

Deno.test("what was remembered comes back, and nonsense is a first visit", () => {
  const stored = { cameraId: "c1", cameraOn: false, speakerId: 7, sound: "music" };
  expect(parseChoices(JSON.stringify(stored))).toMatchObject({
    cameraId: "c1",
    cameraOn: false,
    speakerId: null,
    microphoneOn: true,
    sound: "music",
  });
  expect(parseChoices('{"sound":"noise"}')).toEqual(parseChoices(null));
  expect(parseChoices("{")).toEqual(parseChoices(null));
  expect(parseChoices("[]")).toEqual(parseChoices(null));
  expect(parseChoices("3")).toEqual(parseChoices(null));
});
