/**
 * Closes meetings whose time has passed while nobody was in them, completes what a killed process left of recordings,
 * deletes recordings that were kept long enough, and forgets what was told long ago. A room that is open closes itself,
 * with warnings.
 *
 * Invariant: what fails for one meeting, recording or table stops nothing else.
 */
import type { BookingStore, Storage } from "../db/storage.ts";
import type { Recorder } from "../recorder/io/recorder.ts";
import type { RoomDirectory } from "../rooms/ports.ts";
import type { MonotonicMs, UnixMs } from "../rooms/clocks.ts";
import type { Logger } from "../rooms/contract/logger.ts";
import type { Quarantine } from "../rooms/quarantine.ts";

export interface SweepDeps {
  meetings: Pick<BookingStore, "overdue" | "complete">;
  rooms: Pick<RoomDirectory, "end">;
  recorder: Pick<Recorder, "recover" | "library">;
  /** By table: forgets what was told long ago; answers how many rows went. */
  prune: Storage["prune"];
  /** How long recordings are kept after their end; null for ever. */
  retentionMs: number | null;
  quarantine: Quarantine;
  logger: Pick<Logger, "info">;
  now(): UnixMs;
  clock(): MonotonicMs;
}

const EVERY_MS = 30_000;
const PRUNE_EVERY_MS = 3_600_000;

/** Does what is due, but for pruning; answers how many meetings were completed. Never rejects. */
export async function sweep(deps: SweepDeps): Promise<number> {
  const { quarantine, clock } = deps;
  let completed = 0;
  await quarantine.attempt("walk", "meetings", clock(), async () => {
    completed = await completeOverdue(deps);
  });
  await quarantine.attempt("walk", "recordings", clock(), () => completeRecordings(deps));
  await quarantine.attempt("walk", "retention", clock(), () => deleteExpired(deps));
  return completed;
}

/** Forgets what was told long ago. Never rejects. */
export async function pruneTables({ prune, quarantine, logger, now, clock }: SweepDeps) {
  let rows = 0;
  for (const [table, forget] of Object.entries(prune)) {
    await quarantine.attempt("pruning", table, clock(), async () => rows += await forget(now()));
  }
  if (rows > 0) logger.info("old events and deliveries forgotten", { rows });
}

async function completeOverdue(deps: SweepDeps): Promise<number> {
  const { meetings, rooms, quarantine, logger, clock } = deps;
  const now = deps.now();
  return await quarantine.each("completion", await meetings.overdue(now), clock(), async (id) => {
    await rooms.end(id, "timeout", null);
    await meetings.complete(id, now, "timeout");
    logger.info("meeting completed after its end", { meetingId: id });
  });
}

async function completeRecordings({ recorder, logger, now }: SweepDeps): Promise<void> {
  const ended = await recorder.recover(now());
  if (ended > 0) logger.info("recordings completed after their end", { ended });
}

async function deleteExpired(deps: SweepDeps): Promise<void> {
  const { recorder: { library }, retentionMs, quarantine, logger, now, clock } = deps;
  if (retentionMs === null) return;
  const expired = await library.expired(now() - retentionMs);
  await quarantine.each("retention", expired, clock(), async (recordingId) => {
    if (await library.delete(recordingId)) {
      logger.info("recording deleted after its time", { recordingId });
    }
  });
}

/** Sweeps now and from time to time, until the returned function is called. */
export function startSweeping(deps: SweepDeps): () => void {
  let running = false;
  let prunedAt = deps.clock();
  const run = async () => {
    if (running) return;
    running = true;
    await sweep(deps);
    if (deps.clock() - prunedAt >= PRUNE_EVERY_MS) {
      prunedAt = deps.clock();
      await pruneTables(deps);
    }
    running = false;
  };
  const timer = setInterval(run, EVERY_MS);
  void run();
  return () => clearInterval(timer);
}
