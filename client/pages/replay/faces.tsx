/** Everybody who was in the room then: picture or initials, who speaks, who is muted, whose hand is up. */
import { Boundary } from "../../design/boundary.tsx";
import { Hand, MicOff } from "lucide-preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Avatar } from "../../design/avatar.tsx";
import { usePeople } from "./lesson_views.ts";
import { useReplay } from "./model.ts";
import type { PersonAt } from "./recording/people.ts";
import type { TrackPlayer } from "./player/track_player.ts";
import "./faces.css";

export function Faces() {
  const people = usePeople();
  const alone = useReplay().view.layout.value === "faces";
  return (
    <section class={alone ? "faces-stage" : "faces"} aria-label="People">
      {alone && <SharedScreen />}
      <ul>
        {people.map((person) => (
          <li key={person.id}>
            <Boundary>
              <Face person={person} />
            </Boundary>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The screen that somebody shared then, if any. */
export function useScreen(): TrackPlayer | undefined {
  return useReplay().player.near.value
    .find(({ track, shows }) => track.source === "screen" && track.kind === "video" && shows.value);
}

export function SharedScreen() {
  const screen = useScreen();
  const { people } = useReplay().manifest.value;
  if (screen === undefined) return null;
  const name = people.find(({ participantId }) => participantId === screen.track.participantId)
    ?.name;
  return (
    <figure class="shared-screen" data-testid="replay-screen">
      <Picture key={screen.track.trackId} player={screen} fit="contain" />
      <figcaption class="plate">{name ?? "Somebody"}’s screen</figcaption>
    </figure>
  );
}

function Face({ person }: { person: PersonAt }) {
  const replay = useReplay();
  const speaks = replay.speaker.value === person.id;
  const isOn = person.video.on && !person.video.stoppedByHost;
  const picture = replay.player.near.value.find(({ track, shows }) =>
    isOn && track.participantId === person.id && track.source === "video" && shows.value
  );
  return (
    <div
      class={`tile ${speaks ? "tile-speaking" : ""}`}
      data-testid="replay-tile"
      data-name={person.name}
      role="group"
      aria-label={`${person.name}${speaks ? ", speaking" : ""}`}
    >
      <div class="tile-face">
        {picture === undefined
          ? <Avatar name={person.name} />
          : <Picture key={picture.track.trackId} player={picture} fit="cover" />}
      </div>
      {person.hand !== null && (
        <span class="tile-hand" title="Hand raised">
          <Hand size={16} aria-label="Hand raised" />
        </span>
      )}
      <span class="plate tile-plate">
        {!person.audio.on && <MicOff size={14} aria-label="Muted" />}
        <span class="tile-name">{person.name}</span>
      </span>
    </div>
  );
}

/** Holds the player's own element: it is moved here, never made here. */
export function Picture({ player, fit }: { player: TrackPlayer; fit: "cover" | "contain" }) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const { element } = player;
    element.className = `picture picture-${fit}`;
    place.current?.append(element);
    return () => element.remove();
  }, [player, fit]);
  return <span class="picture-place" ref={place} />;
}
