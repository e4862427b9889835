/** What to tell somebody whose microphone or camera doesn't come: what happened, and what to do now. */
import type { DeviceTrouble } from "../media/devices.ts";

export type DeviceKind = "microphone" | "camera" | "both";

export interface Advice {
  happened: string;
  now: string;
  /** Trying again in this page can help. */
  retry: boolean;
}

const SUBJECT = {
  microphone: "Your microphone",
  camera: "Your camera",
  both: "Your microphone and camera",
};
const PLAIN = { microphone: "microphone", camera: "camera", both: "microphone or camera" };

export function adviceFor(kind: DeviceKind, trouble: DeviceTrouble): Advice {
  const subject = SUBJECT[kind];
  const plural = kind === "both";
  const it = plural ? "them" : "it";
  switch (trouble) {
    case "denied":
      return {
        happened: `${subject} ${plural ? "are" : "is"} blocked for this page.`,
        now: `Press the icon beside the address, allow ${it}, then press Try again.`,
        retry: true,
      };
    case "none":
      return {
        happened: `No ${PLAIN[kind]} was found.`,
        now: "Connect one and it appears here by itself.",
        retry: true,
      };
    case "busy":
      return {
        happened: `${subject} ${plural ? "are" : "is"} used by another program.`,
        now: `Close ${it} there, then press Try again.`,
        retry: true,
      };
    case "insecure":
      return {
        happened: `Browsers give the ${
          plural ? "microphone and camera" : PLAIN[kind]
        } only to secure pages.`,
        now: "Open the link with https:// in front.",
        retry: false,
      };
    case "unsupported":
      return {
        happened: `This browser gives pages no ${PLAIN[kind]}.`,
        now: "A current Firefox, Chrome, Edge or Safari does.",
        retry: false,
      };
    case "ended":
      return {
        happened: `${subject} ${plural ? "were" : "was"} disconnected.`,
        now: "Connect again, or choose another one.",
        retry: true,
      };
  }
}
