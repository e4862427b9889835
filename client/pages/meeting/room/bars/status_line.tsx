/** A thin line on top while something mends itself, or waits for one press. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { sayFault } from "./encryption_badge.tsx";
import type { Link } from "../../../../connection/live_room.ts";
import { useRoom } from "../model.ts";

/** A hiccup shorter than this is nobody's business. */
const PATIENCE_MS = 1_500;

/** Where the browser keeps nothing, closing the page would lose what isn't saved. */
const OFFLINE_UNKEPT =
  "Reconnecting… Leave this page open: what you write stays in it until the network is back.";

const LINK_WORDS: Readonly<Partial<Record<Link, string>>> = {
  connecting: "Reconnecting…",
  offline: "Reconnecting… What you write stays on this device until the network is back.",
  restarting: "The server restarts. You are back in a moment, and nothing is lost.",
};

export function StatusLine() {
  const { encryption, room, media } = useRoom();
  const moves = media.state.value === "connecting" || media.state.value === "idle";
  const fault = encryption?.fault.value ?? null;
  const keyless = encryption !== null && encryption.supported && encryption.keyless.value &&
    fault === null;
  const mending = moves || keyless;
  const patient = useSignal(false);
  const read = useSignal("");
  useEffect(() => {
    patient.value = false;
    if (!mending) return;
    const timer = setTimeout(() => patient.value = true, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [mending]);

  const link = room.link.value === "offline" && !room.saved.value.kept
    ? OFFLINE_UNKEPT
    : LINK_WORDS[room.link.value];
  if (link !== undefined) return <Line says={link} moving />;
  const lasting = fault !== null
    ? sayFault(fault)
    : media.state.value === "unsupported"
    ? encryption === null
      ? "This browser can’t send or receive sound and pictures. You can still draw and write."
      : "This browser can’t encrypt sound and pictures, so it sends and receives none. Update it, or use another. You can still draw and write."
    : encryption?.failed.value
    ? "Something could not be encrypted, so it isn’t sent. Reload the page to try again."
    : null;
  // It doesn't pass by itself, and would lie over what can still be used.
  if (lasting !== null && lasting !== read.value) {
    return (
      <Line says={lasting}>
        <button type="button" class="button" onClick={() => read.value = lasting}>Close</button>
      </Line>
    );
  }
  if (media.needsGesture.value) {
    return (
      <Line says="Your browser holds the sound back until you press something.">
        <button
          type="button"
          class="button"
          data-testid="play"
          onClick={() => void media.play()}
        >
          Play the sound
        </button>
      </Line>
    );
  }
  if (!mending || !patient.value) return null;
  return (
    <Line
      says={moves
        ? "Sound and pictures are on their way…"
        : "Waiting for the key. Until it is here nobody sees or hears you."}
      moving
    />
  );
}

interface LineProps {
  says: string;
  moving?: boolean;
  children?: ComponentChildren;
}

function Line({ says, moving, children }: LineProps) {
  return (
    <div class={`status-line ${moving ? "status-moving" : ""}`} role="status" data-testid="status">
      <span>{says}</span>
      {children}
    </div>
  );
}
