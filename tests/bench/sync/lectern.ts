/** Lectern's rooms in a process of their own: guard on, log on, a real database file. Media is not measured. */
import { openStorage } from "../../../db/storage.ts";
import { Quarantine } from "../../../rooms/quarantine.ts";
import { Attempts } from "../../../server/attempts.ts";
import { createRooms } from "../../../server/socket/rooms.ts";
import { QUIET } from "../../support/quiet_logger.ts";
import { QuietEngine } from "../../support/room/quiet_engine.ts";
import { serveUntilClosed } from "../server_process.ts";

const [count = "1", people = "3"] = Deno.args;
const folder = await Deno.makeTempDir({ prefix: "lectern-bench-" });
const storage = await openStorage({
  location: { kind: "file", path: `${folder}/lectern.db`, synchronous: "normal" },
  joinEarlyMs: 0,
  endGraceMs: 0,
});
const quiet = () => {};
const rooms = createRooms({
  store: storage.meetings,
  log: storage.log,
  clientIds: storage.clientIds,
  engine: new QuietEngine(),
  attempts: new Attempts(),
  now: Date.now,
  quarantine: new Quarantine({ failed: quiet, released: quiet }),
  logger: QUIET,
});
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: quiet },
  (request, info) =>
    rooms.upgrade(request, { address: info.remoteAddr.hostname, connection: null }),
);
const lessons = [];
for (let n = 0; n < Number(count); n++) {
  const { meeting, invites } = await storage.meetings.create({
    title: "Bench",
    tutor: { id: "t", name: "T" },
    students: Array.from(
      { length: Number(people) - 1 },
      (_, s) => ({ id: `s${s}`, name: `S${s}` }),
    ),
    scheduledStart: null,
    scheduledEnd: null,
    bookingId: null,
    timeZone: null,
    isRecorded: false,
    encryption: "transport",
    policy: {},
  });
  lessons.push({ room: meeting.meetingId, keys: invites.map((invite) => invite.token) });
}
await serveUntilClosed({ url: `ws://127.0.0.1:${server.addr.port}/`, lessons });
await rooms.drain();
await server.shutdown();
await storage.close();
await Deno.remove(folder, { recursive: true });
Deno.exit(0);
