/** A recording for tests that need no real media: one camera, written by the recorder's own writer. */
import type { Database } from "../../../db/database.ts";
import { SqlRecordings } from "../../../recorder/store/recordings.ts";
import { RecordingWriter } from "../../../recorder/io/writer.ts";
import { BatchWriter } from "../../../recorder/packet_batch.ts";
import { simulateSender } from "../../../recorder/testing/simulated_sender.ts";
import { Quarantine } from "../../../rooms/quarantine.ts";

export interface KeptRecording {
  recordingId: string;
  /** The lesson ends. */
  end(seq?: number): Promise<void>;
}

/** Keeps `durationMs` of a camera from `startAt` on, 15 kB a second. */
export async function keepRecording(
  { query }: Database,
  meetingId: string,
  { startAt, durationMs }: { startAt: number; durationMs: number },
): Promise<KeptRecording> {
  const writer = new RecordingWriter(
    new SqlRecordings(query),
    { kept() {}, noted() {}, keyFramesWanted() {}, storing() {} },
    {
      quarantine: new Quarantine({ failed() {}, released() {} }),
      clock: () => 0,
      obstacle: () => Promise.resolve(null),
    },
  );
  const { recordingId } = (await writer.begin(meetingId, { seq: 0, at: startAt }))!;
  writer.openTrack(1, {
    recordingId,
    participantId: "mia",
    source: "video",
    kind: "video",
    aheadMs: 0,
  });
  const batch = new BatchWriter();
  for (const item of simulateSender(durationMs, { kind: "video", keyFrameEvery: 25, startAt })) {
    if (item.type === "packet") batch.packet(item);
    else batch.report(item);
  }
  writer.receive(batch.take());
  await writer.flush(startAt + durationMs);
  return {
    recordingId,
    end: (seq = 0) => writer.end(recordingId, { seq, at: startAt + durationMs }),
  };
}
