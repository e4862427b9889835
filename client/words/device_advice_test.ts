import { expect } from "@std/expect";
import type { DeviceTrouble } from "../media/devices.ts";
import { adviceFor, type DeviceKind } from "./device_advice.ts";

const TROUBLES: DeviceTrouble[] = ["denied", "none", "busy", "insecure", "unsupported", "ended"];
const KINDS: DeviceKind[] = ["microphone", "camera", "both"];

Deno.test("Every trouble of every device says what happened and what to do, calmly", () => {
  for (const kind of KINDS) {
    for (const trouble of TROUBLES) {
      const { happened, now } = adviceFor(kind, trouble);
      expect(happened).toMatch(/^[A-Z].*\.$/);
      expect(now).toMatch(/^[A-Z].*\.$/);
      expect(happened + now).not.toContain("!");
    }
  }
});

Deno.test("Trying again is offered only where it can help", () => {
  expect(adviceFor("camera", "denied").retry).toBe(true);
  expect(adviceFor("camera", "insecure").retry).toBe(false);
});
