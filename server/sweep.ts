/**
 * Closes meetings whose time has passed while nobody was in them, completes what a killed process left of recordings,
 * and deletes recordings that were kept long enough. A room that is open closes itself, with warnings.
 */
import type { BookingStore } from "../db/storage.ts";
import type { Recorder } from "../recorder/io/recorder.ts";
import type { RoomDirectory } from "../rooms/ports.ts";
import type { Logger } from "./logger.ts";

export interface SweepDeps {
  meetings: Pick<BookingStore, "overdue" | "complete">;
  rooms: Pick<RoomDirectory, "end">;
  recorder: Pick<Recorder, "recover" | "library">;
  /** Forgets what was told long ago; answers how many rows went. */
  prune(now: number): Promise<number>;
  /** How long recordings are kept after their end; null for ever. */
  retentionMs: number | null;
  logger: Pick<Logger, "info" | "error">;
  /** Unix ms. */
  now(): number;
}

const EVERY_MS = 30_000;
const PRUNE_EVERY_MS = 3_600_000;

/** Completes every overdue meeting; answers how many. */
export async function sweep(deps: SweepDeps): Promise<number> {
  const now = deps.now();
  const overdue = await deps.meetings.overdue(now);
  for (const meetingId of overdue) {
    await deps.rooms.end(meetingId, "timeout", null);
    await deps.meetings.complete(meetingId, now, "timeout");
    deps.logger.info("meeting completed after its end", { meetingId });
  }
  await sweepRecordings(deps, now);
  return overdue.length;
}

async function sweepRecordings(
  { recorder, retentionMs, logger }: SweepDeps,
  now: number,
): Promise<void> {
  const ended = await recorder.recover(now);
  if (ended > 0) logger.info("recordings completed after their end", { ended });
  if (retentionMs === null) return;
  for (const recordingId of await recorder.library.expired(now - retentionMs)) {
    if (!await recorder.library.delete(recordingId)) continue;
    logger.info("recording deleted after its time", { recordingId });
  }
}

/** Sweeps from time to time, until the returned function is called. */
export function startSweeping(deps: SweepDeps): () => void {
  let running = false;
  let prunedAt = deps.now();
  const timer = setInterval(async () => {
    if (running) return;
    running = true;
    try {
      await sweep(deps);
      if (deps.now() - prunedAt >= PRUNE_EVERY_MS) {
        prunedAt = deps.now();
        const rows = await deps.prune(prunedAt);
        if (rows > 0) deps.logger.info("old events and deliveries forgotten", { rows });
      }
    } catch (error) {
      deps.logger.error("sweep failed", { error });
    } finally {
      running = false;
    }
  }, EVERY_MS);
  return () => clearInterval(timer);
}
