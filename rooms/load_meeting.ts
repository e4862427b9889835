/** How a meeting is loaded from the log, and what it is at that moment. */
import type * as Y from "yjs";
import { ClientIds } from "./client_ids.ts";
import { Replica, type ReplicaEvents } from "./document/replica.ts";
import { type MeetingFields, readMeeting } from "./contract/document/schema.ts";
import type { MeetingRecord } from "./ports.ts";
import type { RoomOptions } from "./room_options.ts";

/** A meeting's document, and who may write under which client ids in it. */
export interface Loaded {
  replica: Replica;
  clientIds: ClientIds;
}

export async function loadMeeting(
  meetingId: string,
  { log, limits, clock, clientIds: store, report }: RoomOptions,
  events: Omit<ReplicaEvents, "repaired">,
  now: number,
): Promise<Loaded> {
  const { snapshots } = limits;
  const bounds = {
    bytes: limits.documentBytes,
    items: limits.documentItems,
    heapBytes: limits.documentHeapBytes,
  };
  const replica = await Replica.open({
    meetingId,
    log,
    bounds,
    clock,
    snapshots,
    events: {
      ...events,
      repaired: (error) =>
        report("warn", "A snapshot couldn't be read and was made anew from the log", {
          meetingId,
          error,
        }),
    },
  }, now);
  const clientIds = new ClientIds(meetingId, store, limits.clientIds);
  await clientIds.load();
  return { replica, clientIds };
}

/** What the document said last, or what was booked when it is new. */
export function initialMeeting(record: MeetingRecord, doc: Y.Doc): MeetingFields {
  const kept = readMeeting(doc);
  const fresh = kept.startedAt === null;
  return {
    ...kept,
    title: record.title,
    status: record.status,
    startedAt: record.actualStart ?? kept.startedAt,
    endsAt: record.scheduledEnd,
    policy: fresh ? record.policy : kept.policy,
  };
}
