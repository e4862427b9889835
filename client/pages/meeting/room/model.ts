/**
 * What every part of the room works with: the connection, the media, and what this page shows of them.
 *
 * `Room` makes one a joined room and closes it; the parts take it from the context.
 */
import { computed, type ReadonlySignal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { JoinedRoom, MeetingConnection } from "../../../connection/meeting_connection.ts";
import type { Encryption } from "../../../encryption/encryption.ts";
import type { Devices } from "../../../media/devices.ts";
import type { RoomMedia } from "../../../media/engine.ts";
import type { Method, ParamsOf } from "../../../../rooms/contract/protocol/messages.ts";
import { RoomError } from "../../../../rooms/contract/errors.ts";
import type { Participant } from "../../../connection/live_room.ts";
import { ChatLog } from "./chat/chat_log.ts";
import { Messages } from "./messages/messages.ts";
import { UnstablePeople } from "./stages/unstable.ts";
import type { View } from "./view.ts";

export class RoomModel {
  readonly chat: ChatLog;
  readonly messages = new Messages();

  /** Who shares a screen now, others before oneself. */
  readonly sharers: ReadonlySignal<readonly Participant[]>;
  /** Whether this page is in touch with the server; without it what is known of others is of a moment ago. */
  readonly connected: ReadonlySignal<boolean>;
  /** Who speaks now. */
  readonly speaking: ReadonlySignal<ReadonlySet<string>>;
  /** Whose connection just broke, by what arrives of them. */
  readonly unstable: ReadonlySignal<ReadonlySet<string>>;
  readonly #unstable: UnstablePeople;
  /** Raised hands, the longest first. */
  readonly hands: ReadonlySignal<readonly Participant[]>;

  constructor(
    readonly connection: MeetingConnection,
    readonly room: JoinedRoom,
    readonly media: RoomMedia,
    readonly devices: Devices,
    /** Null when the server may see and hear what passes through it. */
    readonly encryption: Encryption | null,
    readonly view: View,
  ) {
    this.chat = new ChatLog(room.doc, room.me.id);
    this.sharers = computed(() =>
      room.participants.value
        .filter((person) => person.screen.on && !person.screen.stoppedByHost)
        .sort((a, b) => Number(a.me) - Number(b.me))
    );
    this.connected = computed(() =>
      room.link.value === "online" && media.state.value === "connected"
    );
    this.speaking = computed(() => {
      const speakers = this.connected.value ? media.speakers.value : [];
      return new Set(speakers.map((speaker) => speaker.participantId));
    });
    this.#unstable = new UnstablePeople(media.quality, this.connected);
    this.unstable = this.#unstable.ids;
    this.hands = computed(() =>
      room.participants.value
        .filter((person) => person.hand !== null)
        .sort((a, b) => (a.hand ?? 0) - (b.hand ?? 0))
    );
  }

  get me(): Participant | undefined {
    return this.room.participants.value.find((person) => person.me);
  }

  /** Sends a command; a refusal is told in words. Answers whether it was done. */
  async command<M extends Method>(method: M, params: ParamsOf<M>): Promise<boolean> {
    return await this.attempt(this.room.request(method, params));
  }

  /** Waits for something that the server or the browser may refuse, and tells the reason. */
  async attempt(work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      if (!(error instanceof RoomError)) throw error;
      this.messages.say(
        error.code === "unavailable"
          ? "The connection is down just now. Try again when it is back."
          : error.message,
      );
      return false;
    }
  }

  close(): void {
    this.chat.close();
    this.#unstable.close();
    this.messages.close();
  }
}

export const RoomContext = createContext<RoomModel | null>(null);

/** The room that a component stands in. */
export function useRoom(): RoomModel {
  const model = useContext(RoomContext);
  if (model === null) throw new Error("a part of the room was rendered outside of it");
  return model;
}
