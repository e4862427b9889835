/** Why Lectern can't start, in words for whoever starts it. */
import { DataInUseError } from "./data_lock.ts";
import { ConfigError } from "./settings.ts";
import { MediaError } from "./sfu/engine.ts";

/** Answers null for a fault that is ours: its stack says more than any words. */
export function explainStartFault(error: unknown): string | null {
  if (error instanceof ConfigError || error instanceof DataInUseError) return error.message;
  if (error instanceof Deno.errors.AddrInUse) {
    return "The port is in use. Set PORT to another one, in the environment or in .env.";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "HOST isn't an address of this machine.";
  }
  if (error instanceof MediaError) {
    return `Media can't start: ${error.message}. See MEDIA_ADDRESS and MEDIA_PORT in the README.`;
  }
  if (error instanceof Error && error.name === "NewerDatabaseError") return error.message;
  return null;
}
