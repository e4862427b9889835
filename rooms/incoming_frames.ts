/** What a member sends over the wire's binary half, handed to the document and to the others. */
import type { Audience } from "./audience.ts";
import type { MonotonicMs, UnixMs } from "./clocks.ts";
import type { Replica } from "./document/replica.ts";
import { RoomError } from "./contract/errors.ts";
import type { Member } from "./member.ts";
import { readFrame } from "./contract/protocol/frames.ts";

/**
 * Takes a binary frame.
 * @throws RoomError `bad-request`, `update-refused`, `too-large`, or `rate-limited` for somebody whose changes keep
 * the server too busy: the connection has to be closed.
 */
export function takeFrame(
  frame: Uint8Array,
  member: Member,
  { replica, audience }: { replica: Replica; audience: Audience },
  { now, elapsed }: { now: UnixMs; elapsed: MonotonicMs },
): void {
  const restMs = member.person.effort.blockedForMs(elapsed);
  if (restMs > 0) {
    const seconds = Math.ceil(restMs / 1000);
    throw new RoomError(
      "rate-limited",
      `Your changes keep the server too busy. They are kept in your browser and go out in ${seconds} s.`,
    );
  }
  const messages = readFrame(frame);
  if (messages === undefined) throw new RoomError("bad-request", "Malformed frame");
  for (const message of messages) {
    switch (message.type) {
      case "update":
      case "syncStep2":
        replica.receive(message.update, member, now);
        break;
      case "syncStep1":
        audience.answer(replica, member, message.stateVector);
        break;
      case "presence":
        audience.presence(member, message.payload);
    }
  }
}
