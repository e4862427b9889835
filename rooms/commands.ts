/**
 * What a member may ask of the room, method by method, and who may ask it.
 *
 * Invariant: an answer means that the change is in the log (of `meeting.end`: that it is under way).
 */
import type { MonotonicMs, UnixMs } from "./clocks.ts";
import { appendChat } from "./document/projection.ts";
import { chatOf } from "./contract/document/schema.ts";
import { CLOSE, RoomError } from "./contract/errors.ts";
import type { KeyExchange } from "./key_exchange.ts";
import type { Member } from "./member.ts";
import type { Person } from "./people.ts";
import type { CheckedParamsOf, Method, ResultOf } from "./contract/protocol/messages.ts";
import type { RecordingControl } from "./recording_control.ts";
import type { Room } from "./room.ts";

/** Everything but the door (`hello`), the clock (`ping`) and media transport. */
export type RoomMethod = Exclude<Method, "hello" | "ping" | `media.${string}`>;

/** A request that is being answered. */
export interface Command<M extends RoomMethod> {
  room: Room;
  member: Member;
  params: CheckedParamsOf<M>;
  /** The lesson's time. */
  now: UnixMs;
  elapsed: MonotonicMs;
  /** Messages of a room's chat, at most. */
  chatMessages: number;
  /** Something to do once the answer is sent. */
  afterwards(step: () => void): void;
}

type Handler<M extends RoomMethod> = (
  command: Command<M>,
) => ResultOf<M> | Promise<ResultOf<M>>;

export const COMMANDS: { readonly [M in RoomMethod]: Handler<M> } = {
  async "document.claim"({ room, member, params }) {
    await room.claim(member.person, params.clientIds);
    return {};
  },

  "participant.setMedia"({ room, member, params }) {
    const { selfUnmute } = room.meeting.policy;
    room.sources.switch(member.person, params.source, params.on, { may: member.may, selfUnmute });
    return stored(room, {});
  },

  "participant.setHand"({ room, member, params, now }) {
    setHand(room, member.person, params.raised ? member.person.fields.hand ?? now : null);
    return stored(room, {});
  },

  "participant.stopMedia"({ room, member, params }) {
    const host = requireHost(member);
    const person = presentPerson(room, params.participantId);
    room.sources.stop(person, params.source);
    person.member?.notify("participant.stopped", { source: params.source, by: host.fields.name });
    return stored(room, {});
  },

  "participant.askMedia"({ room, member, params }) {
    const host = requireHost(member);
    const person = presentPerson(room, params.participantId);
    person.asked.add(params.source);
    person.member?.notify("participant.asked", { source: params.source, by: host.fields.name });
    return {};
  },

  "participant.muteAll"({ room, member }) {
    const host = requireHost(member);
    for (const person of room.people.present()) {
      if (person.fields.role === "tutor") continue;
      room.sources.stop(person, "audio");
      person.member?.notify("participant.stopped", { source: "audio", by: host.fields.name });
    }
    return stored(room, {});
  },

  "participant.lowerHand"({ room, member, params }) {
    requireHost(member);
    setHand(room, presentPerson(room, params.participantId), null);
    return stored(room, {});
  },

  async "participant.remove"({ room, member, params, now }) {
    const host = requireHost(member);
    const person = presentPerson(room, params.participantId);
    if (person.fields.role === "tutor") {
      throw new RoomError("forbidden", "A host can't be removed");
    }
    await room.remove(person, host, now);
    return stored(room, {});
  },

  async "admission.admit"({ room, member, params, now }) {
    requireHost(member);
    await room.waitingRoom.admit(params.ticket, now);
    return {};
  },

  "admission.refuse"({ room, member, params }) {
    requireHost(member);
    room.waitingRoom.refuse(params.ticket);
    return {};
  },

  "meeting.setLocked"({ room, member, params }) {
    requireHost(member);
    room.change({ locked: params.locked });
    return stored(room, {});
  },

  "meeting.setPolicy"({ room, member, params }) {
    requireHost(member);
    const given = Object.entries(params.policy).filter(([, value]) => value !== undefined);
    room.change({ policy: { ...room.meeting.policy, ...Object.fromEntries(given) } });
    return stored(room, {});
  },

  async "meeting.leave"({ room, member, now, afterwards }) {
    await room.leave(member.person, now);
    afterwards(() => member.peer.close(CLOSE.normal, "left"));
    return {};
  },

  "meeting.end"({ room, member, now, afterwards }) {
    if (!member.may.end) {
      const text = member.person.booked
        ? "Only the host may end this lesson for everybody. You can leave it."
        : "Guests can't end a lesson for everybody. You can leave it.";
      throw new RoomError("forbidden", text);
    }
    // Ending closes every socket, the asker's too: they get their answer first.
    afterwards(() => void room.end("ended", member.person.fields.name, now));
    return {};
  },

  async "meeting.extend"({ room, member, params }) {
    const host = requireHost(member);
    const endsAt = await room.closingTime.extend(params.minutes * 60_000);
    room.audience.notify("meeting.extended", { endsAt, by: host.fields.name });
    return { endsAt };
  },

  "meeting.bring"({ room, member, params }) {
    const host = requireHost(member);
    room.audience.notify("meeting.brought", { stage: params.stage, by: host.fields.name });
    return {};
  },

  async "recording.pause"({ room, member, now }) {
    await recordingOf(room, member).pause(now);
    return {};
  },

  async "recording.resume"({ room, member, now }) {
    await recordingOf(room, member).resume(now);
    return {};
  },

  "keys.announce"({ room, member, params }) {
    return keysOf(room).announce(member, params.publicKey);
  },

  async "keys.distribute"({ room, member, params }) {
    await keysOf(room).distribute(member, params);
    return {};
  },

  "keys.ask"({ room, member, elapsed }) {
    keysOf(room).ask(member, elapsed);
    return {};
  },

  "chat.send"({ room, member, params, now, chatMessages }) {
    const { person } = member;
    if (!member.may.chat) throw new RoomError("forbidden", "The host has closed the chat");
    if (chatOf(room.replica.doc).length >= chatMessages) {
      throw new RoomError("too-large", "The chat is full");
    }
    const id = crypto.randomUUID();
    room.replica.write(now, (doc) =>
      appendChat(doc, {
        id,
        from: person.id,
        name: person.fields.name,
        text: params.text,
        at: now,
      }));
    room.activity.wrote(person.id);
    return stored(room, { id });
  },
};

/** Runs one command. @throws RoomError */
export async function runCommand<M extends RoomMethod>(
  method: M,
  command: Command<M>,
): Promise<ResultOf<M>> {
  const handler: Handler<M> = COMMANDS[method];
  return await handler(command);
}

async function stored<T>(room: Room, result: T): Promise<T> {
  await room.settled();
  return result;
}

function setHand(room: Room, person: Person, hand: number | null): void {
  person.fields = { ...person.fields, hand };
  room.show(person);
}

function requireHost(member: Member): Person {
  if (!member.may.host) throw new RoomError("forbidden", "Only the host may do this");
  return member.person;
}

function presentPerson(room: Room, participantId: string): Person {
  const person = room.people.get(participantId);
  if (person === undefined || person.fields.connection === "left") {
    throw new RoomError("not-found", "This person is not in the meeting");
  }
  return person;
}

function keysOf(room: Room): KeyExchange {
  if (room.keys === null) {
    throw new RoomError("conflict", "This meeting is not encrypted end to end");
  }
  return room.keys;
}

function recordingOf(room: Room, member: Member): RecordingControl {
  requireHost(member);
  if (room.recording === null) {
    throw new RoomError("unavailable", "This meeting is not recorded");
  }
  return room.recording;
}
