/**
 * What a stage (board, code, talk) and every panel of the room know of the meeting they are in.
 *
 * `client/connection` makes it; nothing else talks to the socket.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type {
  MeetingFields,
  ParticipantFields,
  Role,
} from "../../rooms/contract/document/schema.ts";
import type { Permissions } from "../../rooms/contract/permissions.ts";
import type {
  Method,
  NoticeMethod,
  NoticeParams,
  ParamsOf,
  ResultOf,
} from "../../rooms/contract/protocol/messages.ts";

/** `offline` is a network that is gone; `restarting` a server that said so. Both come back by themselves. */
export type Link = "connecting" | "online" | "offline" | "restarting" | "closed";

/** What is not yet stored on the server: 0 is *Saved*. */
export interface SaveState {
  unsaved: number;
  offline: boolean;
  /** This device keeps them too: what isn't stored yet outlives the page. */
  kept: boolean;
}

export interface Participant extends ParticipantFields {
  id: string;
  me: boolean;
}

export interface LiveRoom {
  readonly meetingId: string;
  readonly me: { id: string; name: string; role: Role };
  /** Proves to the meeting's HTTP routes who this is: a Bearer token. */
  readonly credential: string;
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly link: ReadonlySignal<Link>;
  readonly saved: ReadonlySignal<SaveState>;
  readonly meeting: ReadonlySignal<MeetingFields>;
  /** In the room now, joined first first. */
  readonly participants: ReadonlySignal<readonly Participant[]>;
  readonly permissions: ReadonlySignal<Permissions>;
  /** Unix ms by the server's clock. */
  now(): number;
  /** Rejects with a RoomError, or with code `unavailable` when the link breaks before the answer. */
  request<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>>;
  /** Answers a function that stops listening. */
  on<M extends NoticeMethod>(method: M, listener: (params: NoticeParams<M>) => void): () => void;
}

/** A stage is loaded when it is opened: `client/stages/whiteboard/stage.tsx` and `client/stages/code/stage.tsx` default-export one. */
export interface StageProps {
  session: LiveRoom;
}
