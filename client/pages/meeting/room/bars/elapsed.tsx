/** How long the lesson has lasted, by the server's clock: the same for everyone. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useRoom } from "../model.ts";
import { sayElapsed } from "../../../../words/time.ts";

export function Elapsed() {
  const { room } = useRoom();
  const now = useSignal(room.now());
  useEffect(() => {
    const timer = setInterval(() => now.value = room.now(), 1000);
    return () => clearInterval(timer);
  }, [room]);
  const { startedAt } = room.meeting.value;
  if (startedAt === null) return null;
  return (
    <time class="elapsed numbers" aria-label="Time since the lesson started">
      {sayElapsed(now.value - startedAt)}
    </time>
  );
}
