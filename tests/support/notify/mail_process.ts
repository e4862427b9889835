/** A process that sends mails, to be killed by a test: `mail_process.ts DATABASE PORT`. */
import { openStorage } from "../../../db/storage.ts";
import { Quarantine, reportsTo } from "../../../rooms/quarantine.ts";
import { createLogger } from "../../../server/logger.ts";
import { startMails } from "../../../server/notify/mails.ts";

const [path = "", port = ""] = Deno.args;
const storage = await openStorage({
  location: { kind: "file", path, synchronous: "normal" },
  joinEarlyMs: 0,
  endGraceMs: 0,
});
const logger = createLogger({ level: "error", format: "text" });
await startMails({
  store: storage.mails,
  meetings: storage.meetings,
  smtp: {
    host: "127.0.0.1",
    port: Number(port),
    secure: false,
    auth: null,
    from: "lessons@example.org",
  },
  publicUrl: "https://lessons.example.org",
  joinEarlyMs: 0,
  quarantine: new Quarantine(reportsTo(logger)),
  logger,
  clock: () => performance.now(),
  now: Date.now,
  pollMs: 20,
});
