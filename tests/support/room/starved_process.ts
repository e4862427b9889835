/**
 * A server without descriptors: it serves, then takes all that there are for as long as it lives. Run it with a low
 * limit (`ulimit -n`); it says its port first.
 */
import { stopOnSignals } from "../../../main.ts";
import { startServing } from "../../../server/front/serving.ts";
import { createLogger } from "../../../server/logger.ts";

const logger = createLogger({ level: "info", format: "text" });
const serving = startServing({
  hostname: "127.0.0.1",
  port: 0,
  logger,
  retry: { everyMs: 20, giveUpMs: 200 },
  handle: () => new Response("served"),
});
stopOnSignals({ ended: serving.ended, stop: () => serving.stop(0) }, logger);
Deno.stdout.writeSync(new TextEncoder().encode(`${serving.port}\n`));

const taken: Deno.FsFile[] = [];
setInterval(() => {
  try {
    while (true) taken.push(Deno.openSync("main.ts"));
  } catch {
    // All are taken.
  }
}, 1);
