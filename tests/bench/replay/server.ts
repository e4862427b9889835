/** A whole Lectern with lessons that are open to be joined, for rooms.ts: `server.ts {lessons}`. */
import { serve } from "../../../main.ts";
import { parseConfig } from "../../../server/config.ts";
import { createLogger } from "../../../server/logger.ts";
import { serveUntilClosed } from "../server_process.ts";

/** Whom the bench may join as. */
export interface OpenLesson {
  meetingId: string;
  invites: string[];
}

export interface Ready {
  socket: string;
  lessons: OpenLesson[];
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir({ prefix: "lectern-bench-" });
  const port = freePort();
  const running = await serve(
    parseConfig({
      environment: {
        PORT: `${port}`,
        MEDIA_PORT: `${freePort()}`,
        DATA_DIR: folder,
        RECORDING_FREE_MB: "0",
      },
    }),
    createLogger({ level: "error", format: "text" }),
  );
  const lessons: OpenLesson[] = [];
  for (let n = 0; n < Number(Deno.args[0]); n++) {
    const { meeting, invites } = await running.storage.meetings.create({
      title: `Lesson ${n}`,
      tutor: { id: "t", name: "Mia" },
      students: [{ id: "s", name: "Ada" }],
      scheduledStart: null,
      scheduledEnd: null,
      bookingId: null,
      timeZone: null,
      isRecorded: true,
      encryption: "transport",
      policy: {},
    });
    lessons.push({ meetingId: meeting.meetingId, invites: invites.map(({ token }) => token) });
  }
  await serveUntilClosed({ socket: `ws://127.0.0.1:${port}/api/socket`, lessons } satisfies Ready);
  await running.stop();
  await Deno.remove(folder, { recursive: true });
  Deno.exit(0);
}
