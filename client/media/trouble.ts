/**
 * Why a device gives nothing, in words that a screen can act on.
 *
 * Browsers disagree on the errors of `getUserMedia` (W3C Media Capture §10.2.1); this is the one place that knows.
 */

/** Why there is no picture or no sound from a device. */
export type DeviceTrouble =
  /** The person or the browser's settings said no. */
  | "denied"
  /** No such device is connected. */
  | "none"
  /** Another program holds it, or the hardware failed. */
  | "busy"
  /** The page is neither https nor localhost: browsers give no devices. */
  | "insecure"
  /** This browser can't. */
  | "unsupported"
  /** It was pulled out or taken away while in use. */
  | "ended";

/** Whether the page may ask for devices at all; null when it may. */
export function platformTrouble(): DeviceTrouble | null {
  if (navigator.mediaDevices?.getUserMedia !== undefined) return null;
  return globalThis.isSecureContext === false ? "insecure" : "unsupported";
}

/** What a rejection of `getUserMedia` means. */
export function troubleOf(error: unknown): DeviceTrouble {
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
    case "PermissionDeniedError":
      return "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "none";
    case "TypeError":
    case "NotSupportedError":
      return "unsupported";
    // NotReadableError, AbortError, Firefox's and Safari's own: the device is there and doesn't start.
    default:
      return "busy";
  }
}
