/**
 * A copy of the meeting document as of one moment, as a room of one's own: the board and the code stage work in it as
 * they do in a lesson, and nothing of it reaches anybody.
 */
import { signal } from "@preact/signals";
import * as Y from "yjs";
import { openRoots, readMeeting } from "../../../../rooms/contract/document/schema.ts";
import { ShieldedAwareness, ShieldedDoc } from "../../../../rooms/contract/document/shielded.ts";
import { RoomError } from "../../../../rooms/contract/errors.ts";
import type { LiveRoom, Participant } from "../../../connection/live_room.ts";

export interface CopySession {
  session: LiveRoom;
  close(): void;
}

export function copySession(from: Y.Doc, meetingId: string, name: string): CopySession {
  const doc = new ShieldedDoc();
  openRoots(doc);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(from));
  const awareness = new ShieldedAwareness(doc);
  const me = { id: "copy", name, role: "tutor" as const };
  const session: LiveRoom = {
    meetingId,
    me,
    credential: "",
    doc,
    awareness,
    link: signal("online"),
    saved: signal({ unsaved: 0, offline: false, kept: false }),
    meeting: signal(readMeeting(doc)),
    participants: signal<readonly Participant[]>([]),
    permissions: signal({
      host: false,
      draw: true,
      edit: true,
      run: true,
      share: false,
      chat: false,
      end: false,
    }),
    now: () => Date.now(),
    request: () =>
      Promise.reject(new RoomError("unavailable", "A copy of a lesson has nobody to ask.")),
    on: () => () => {},
  };
  return {
    session,
    close() {
      awareness.destroy();
      doc.destroy();
    },
  };
}
