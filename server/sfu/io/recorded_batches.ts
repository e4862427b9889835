/**
 * Packs recorded packets into batches and hands them on a few times a second.
 *
 * The recorder keeps what reached it: what waits here is lost when the process is killed, so it waits briefly.
 */
import { BatchWriter } from "../../../recorder/packet_batch.ts";
import type { TakeBatch } from "../media_engine.ts";
import type { RecordingSink } from "../engine/recording_tap.ts";

const BATCH_MS = 50;
/** A batch goes at once when it has grown to this. */
const BATCH_BYTES = 256 * 1024;

/** A sink for the core, and the way to end it. */
export function collectBatches(take: TakeBatch): { sink: RecordingSink; stop(): void } {
  const writer = new BatchWriter();
  const flush = () => {
    if (!writer.empty) take(writer.take());
  };
  const timer = setInterval(flush, BATCH_MS);
  return {
    sink: {
      packet(packet) {
        writer.packet(packet);
        if (writer.length >= BATCH_BYTES) flush();
      },
      report: (report) => writer.report(report),
    },
    stop() {
      clearInterval(timer);
      flush();
    },
  };
}
