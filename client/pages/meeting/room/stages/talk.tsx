/** The stage for talking: everybody's faces, or the screen that somebody shares. */
import { ScreenShareOff } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Participant } from "../../../../connection/live_room.ts";
import { gridFor } from "../../../../design/grid.ts";
import { useRoom } from "../model.ts";
import { toggleScreen } from "../own_media.ts";
import { Picture } from "./picture.tsx";
import { Tile } from "./tile.tsx";

export function Talk() {
  const { sharers } = useRoom();
  const chosen = useSignal<string | null>(null);
  const shared = sharers.value;
  const shown = shared.find((person) => person.id === chosen.value) ?? shared[0];
  if (shown === undefined) return <Everyone />;
  return (
    <div class="shared">
      {shared.length > 1 && (
        <div class="shared-choice" role="group" aria-label="Whose screen">
          {shared.map((person) => (
            <button
              key={person.id}
              type="button"
              class="stage-tab"
              aria-pressed={person.id === shown.id}
              onClick={() => chosen.value = person.id}
            >
              {person.me ? "Your screen" : `${person.name}’s screen`}
            </button>
          ))}
        </div>
      )}
      <SharedScreen key={shown.id} person={shown} />
    </div>
  );
}

function SharedScreen({ person }: { person: Participant }) {
  const model = useRoom();
  const { media } = model;
  const starved = media.starved.value.has(`${person.id}/screen`);
  const track = person.me
    ? media.screen.value.track
    : media.streams.value.get(person.id)?.screen ?? null;
  return (
    <figure class="shared-screen" data-testid="shared-screen">
      {track
        ? (
          <Picture
            track={track}
            label={person.me ? "Your screen" : `${person.name}’s screen`}
            fit="contain"
            {...(!person.me && { participantId: person.id, source: "screen" as const })}
          />
        )
        : <p class="shared-wait">{person.name}’s screen is on its way</p>}
      {starved && (
        <p class="plate tile-wait" role="status">
          Video paused: your connection is slow
        </p>
      )}
      <figcaption class="plate">
        {person.me ? "Everyone sees your screen" : `${person.name}’s screen`}
      </figcaption>
      {person.me && (
        <button
          type="button"
          class="button button-main shared-stop"
          onClick={() => void toggleScreen(model)}
        >
          <ScreenShareOff size={18} aria-hidden="true" />
          Stop sharing
        </button>
      )}
    </figure>
  );
}

const GAP_PX = 12;

function Everyone() {
  const { room } = useRoom();
  const area = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  useEffect(() => {
    if (area.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) size.value = { width: entry.contentRect.width, height: entry.contentRect.height };
    });
    observer.observe(area.current);
    return () => observer.disconnect();
  }, []);

  const people = room.participants.value;
  const alone = people.length <= 1;
  const { width, height } = size.value;
  const words = alone ? 72 : 0;
  const grid = gridFor(people.length, width, Math.max(0, height - words), GAP_PX);
  return (
    <div class="everyone" ref={area}>
      <ul
        class="tiles"
        style={{ width: `${grid.columns * (grid.width + GAP_PX) - GAP_PX}px` }}
      >
        {people.map((person) => (
          <li
            key={person.id}
            style={{ width: `${grid.width}px`, height: `${grid.height}px` }}
          >
            <Tile person={person} />
          </li>
        ))}
      </ul>
      {alone && people.length === 1 && (
        <p class="alone" role="status" data-testid="alone">
          Nobody else is here yet. You will hear and see them as soon as they come.
        </p>
      )}
    </div>
  );
}
