/**
 * A process that sends webhooks, to be killed by a test: `webhook_process.ts DATABASE [BOOKING]`. With a booking it books
 * and is killed at once; without one it tries again twice a second.
 */
import { openStorage } from "../../../db/storage.ts";
import { Quarantine, reportsTo } from "../../../rooms/quarantine.ts";
import { createLogger } from "../../../server/logger.ts";
import { Outbound } from "../../../server/notify/outbound.ts";
import { startWebhooks } from "../../../server/notify/webhooks.ts";

const [path = "", booking] = Deno.args;
const storage = await openStorage({
  location: { kind: "file", path, synchronous: "normal" },
  joinEarlyMs: 0,
  endGraceMs: 0,
});
if (booking !== undefined) {
  await storage.meetings.create(JSON.parse(booking));
  // Right after the commit: nothing was sent yet.
  Deno.kill(Deno.pid, "SIGKILL");
}
const logger = createLogger({ level: "error", format: "text" });
startWebhooks({
  store: storage.webhooks,
  outbound: new Outbound({ allowPrivate: true }),
  quarantine: new Quarantine(reportsTo(logger)),
  logger,
  clock: () => performance.now(),
  now: Date.now,
  version: "test",
  retryDelaysMs: Array(100).fill(500),
  pollMs: 20,
});
