/** Shows everyone's place on the board to everyone else, by the meeting's awareness. */
import {
  type Editor,
  getDefaultUserPresence,
  react,
  type TLInstancePresence,
  type TLPageId,
} from "tldraw";
import type { LiveRoom } from "../../../connection/live_room.ts";
import {
  type BoardPresence,
  type Bring,
  outgoingState,
  PRESENCE_KEY,
  presenceRecord,
  readPresence,
} from "./board_presence.ts";
import { personColor } from "./person_color.ts";

const SEND_MS = 66;
/** How long the host's call stands, for pages whose board is still loading. */
const BRING_MS = 15_000;

export interface SharedPresence {
  /** Host: everybody's board turns to what this page shows. */
  bringEveryone(): void;
  stop(): void;
}

export function sharePresence(editor: Editor, session: LiveRoom): SharedPresence {
  const { awareness } = session;
  let bring: Bring | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let bringTimer: ReturnType<typeof setTimeout> | undefined;
  const seenBrings = new Map<string, number>();

  const send = () => {
    timer = undefined;
    const user = {
      id: session.me.id,
      name: session.me.name,
      color: personColor(session.me.id),
    };
    const state = getDefaultUserPresence(editor.store, user);
    if (state === null) return;
    const presence: BoardPresence = { by: session.me.id, state: outgoingState(state), bring };
    awareness.setLocalStateField(PRESENCE_KEY, presence);
  };
  const stopReacting = react("board presence", () => {
    getDefaultUserPresence(editor.store, { id: session.me.id, name: session.me.name, color: "" });
    timer ??= setTimeout(send, SEND_MS);
  });

  const showAll = () => {
    const people = new Map(session.participants.value.map((person) => [person.id, person]));
    const wanted = new Map<string, TLInstancePresence>();
    for (const [clientId, state] of awareness.getStates()) {
      if (clientId === awareness.clientID) continue;
      const presence = readPresence(state);
      const person = presence === undefined ? undefined : people.get(presence.by);
      if (presence === undefined || person === undefined || person.me) continue;
      const shown = { id: person.id, name: person.name, color: personColor(person.id) };
      const record = presenceRecord(editor.store, clientId, shown, presence.state);
      if (record !== undefined) wanted.set(record.id, record);
      if (presence.bring !== null && person.role === "tutor") follow(person.id, presence.bring);
    }
    const known = editor.store.query.ids("instance_presence").get();
    const gone = [...known].filter((id) => !wanted.has(id));
    editor.store.mergeRemoteChanges(() => {
      editor.store.put([...wanted.values()]);
      if (gone.length > 0) editor.store.remove(gone);
    });
  };

  const follow = (hostId: string, call: Bring) => {
    if (seenBrings.get(hostId) === call.at || session.now() - call.at > BRING_MS) return;
    seenBrings.set(hostId, call.at);
    const page = editor.getPage(call.page as TLPageId);
    if (page === undefined) return;
    editor.stopFollowingUser();
    editor.setCurrentPage(page.id);
    editor.zoomToBounds(call, { inset: 0, animation: { duration: 300 } });
  };

  awareness.on("change", showAll);
  const stopPeople = session.participants.subscribe(showAll);
  return {
    bringEveryone() {
      const { x, y, w, h } = editor.getViewportPageBounds();
      bring = { at: session.now(), page: editor.getCurrentPageId(), x, y, w, h };
      send();
      clearTimeout(bringTimer);
      bringTimer = setTimeout(() => {
        bring = null;
        send();
      }, BRING_MS);
    },
    stop() {
      clearTimeout(timer);
      clearTimeout(bringTimer);
      stopReacting();
      stopPeople();
      awareness.off("change", showAll);
      awareness.setLocalStateField(PRESENCE_KEY, null);
    },
  };
}
