/**
 * The room as screens see it: plain values that follow the meeting document.
 *
 * Invariant: a signal changes at most once for each transaction, and only in the parts that the transaction touched.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type * as Y from "yjs";
import {
  meetingOf,
  openRoots,
  participantsOf,
  readMeeting,
  readParticipant,
} from "../../rooms/contract/document/schema.ts";
import { participantEntries } from "../../rooms/contract/document/reading.ts";
import { observeDeep } from "../../rooms/contract/document/shielded.ts";
import { permissionsOf } from "../../rooms/contract/permissions.ts";
import type { Welcome } from "../../rooms/contract/protocol/messages.ts";
import type { Link, Participant } from "./live_room.ts";
import type { DocumentProvider } from "./provider.ts";
import type { JoinedRoom, KeptEdits, MediaConnection } from "./interface.ts";

export interface RoomParts {
  welcome: Welcome;
  provider: DocumentProvider;
  link: ReadonlySignal<Link>;
  kept: KeptEdits | null;
  now: () => number;
  request: MediaConnection["request"];
  on: MediaConnection["on"];
}

/** A room and the way to let go of its document's listeners. */
export interface OpenRoom {
  room: JoinedRoom;
  close(): void;
}

export function openRoom({ welcome, provider, ...parts }: RoomParts): OpenRoom {
  const { doc, awareness, saved } = provider;
  const me = { id: welcome.participantId, name: welcome.name, role: welcome.role };
  openRoots(doc);
  const meeting = signal(readMeeting(doc));
  const participants = signal(readParticipants(doc, me.id));
  const onMeeting = () => meeting.value = readMeeting(doc);
  const onParticipants = () => participants.value = readParticipants(doc, me.id);
  const stops = [
    observeDeep(meetingOf(doc), onMeeting),
    observeDeep(participantsOf(doc), onParticipants),
  ];
  const room: JoinedRoom = {
    meetingId: welcome.meetingId,
    encryption: welcome.encryption,
    me,
    credential: welcome.session,
    doc,
    awareness,
    saved,
    meeting,
    participants,
    permissions: computed(() =>
      permissionsOf({ ...me, booked: welcome.booked }, meeting.value.policy)
    ),
    ...parts,
  };
  return { room, close: () => stops.forEach((stop) => stop()) };
}

function readParticipants(doc: Y.Doc, me: string): readonly Participant[] {
  const here: Participant[] = [];
  for (const [id, map] of participantEntries(doc)) {
    const fields = readParticipant(map);
    if (fields.connection !== "left") here.push({ ...fields, id, me: id === me });
  }
  return here.sort((a, b) => a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1));
}
