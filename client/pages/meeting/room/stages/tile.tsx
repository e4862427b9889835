/** One person on the stage or beside it: picture or initials, name, whether they speak, what they have switched off. */
import { Boundary } from "../../../../design/boundary.tsx";
import { Hand, MicOff } from "lucide-preact";
import { sourceKey } from "../../../../encryption/encryption.ts";
import { Avatar } from "../../../../design/avatar.tsx";
import { MEDIA_SOURCES } from "../../../../../rooms/contract/document/schema.ts";
import type { Participant } from "../../../../connection/live_room.ts";
import { useRoom } from "../model.ts";
import { PersonMenu } from "../people/person_menu.tsx";
import { Picture } from "./picture.tsx";
import { QualityBars } from "./quality.tsx";

export interface TileProps {
  person: Participant;
  /** A round face without a plate. */
  small?: boolean;
}

/** The picture that there is to show of somebody, or null. */
function useFace(person: Participant): MediaStreamTrack | null {
  const { devices, media } = useRoom();
  if (person.me) return devices.camera.value.track;
  if (!person.video.on || person.video.stoppedByHost) return null;
  return media.streams.value.get(person.id)?.video ?? null;
}

/** Whether somebody can't be heard; for oneself what the button shows. */
function useMuted(person: Participant): boolean {
  const { devices } = useRoom();
  if (person.me) return !devices.microphone.value.on || person.audio.stoppedByHost;
  return !person.audio.on || person.audio.stoppedByHost;
}

/** Their sound goes on: it needs little. */
const NO_ROOM = "Video paused: your connection is slow";

/** What there is to say about a connection that is gone or going. */
function useTrouble(person: Participant): string | null {
  const { encryption, media, unstable } = useRoom();
  if (person.connection === "reconnecting") return "Reconnecting…";
  if (encryption !== null && !person.me) {
    const page = encryption.roster.value?.people.find((page) => page.participantId === person.id);
    if (page?.publicKey === null) return `${person.name}’s browser can’t encrypt`;
    if (!encryption.supported && (person.audio.on || person.video.on)) {
      return "Your browser can’t decrypt";
    }
    const waits = MEDIA_SOURCES.some((source) =>
      person[source].on && encryption.waiting.value.has(sourceKey(person.id, source))
    );
    if (waits) return "Waiting for the key…";
  }
  if (person.video.on && media.starved.value.has(`${person.id}/video`)) return NO_ROOM;
  if (person.me || !unstable.value.has(person.id)) return null;
  return `${person.name}’s connection is unstable`;
}

function describe(
  person: Participant,
  { muted, speaking, trouble }: { muted: boolean; speaking: boolean; trouble: string | null },
): string {
  const parts = [person.me ? `${person.name} (you)` : person.name];
  if (trouble !== null) parts.push(trouble);
  if (muted) parts.push("muted");
  if (speaking) parts.push("speaking");
  if (person.hand !== null) parts.push("hand raised");
  return parts.join(", ");
}

export function Tile(props: TileProps) {
  const { person: { name, me } } = props;
  const says = me
    ? "Your tile stopped working. The others still see and hear you."
    : `${name}’s tile stopped working. You still hear each other.`;
  return (
    <Boundary says={says}>
      <WholeTile {...props} />
    </Boundary>
  );
}

function WholeTile({ person, small }: TileProps) {
  const model = useRoom();
  const face = useFace(person);
  const muted = useMuted(person);
  const speaking = !muted && model.speaking.value.has(person.id);
  const trouble = useTrouble(person);
  // A round face has no room for words, and whoever can be heard isn't away.
  const paused = small === true && trouble === NO_ROOM;
  const sends = person.audio.on || person.video.on;
  // While this page itself is cut off nothing arrives of anybody, and that is nobody else's fault.
  const quality = model.connected.value ? model.media.quality.value.get(person.id) : undefined;
  const report = model.media.connections.value.find(({ participantId }) =>
    participantId === person.id
  );
  const classes = [
    "tile",
    small && "tile-small",
    speaking && "tile-speaking",
    trouble !== null && !paused && "tile-away",
    paused && "tile-paused",
  ].filter(Boolean).join(" ");
  return (
    <article
      class={classes}
      aria-label={describe(person, { muted, speaking, trouble })}
      data-testid="tile"
    >
      <div class="tile-face">
        {/* Behind the picture too, which shows nothing until its first frame comes. */}
        <Avatar name={person.name} />
        {face && (
          <Picture
            track={face}
            label={`${person.name}’s camera`}
            fit="cover"
            mirrored={person.me}
            {...(!person.me && { participantId: person.id, source: "video" as const })}
          />
        )}
      </div>
      {trouble !== null && !small && (
        <span class="plate tile-wait" data-testid="tile-trouble">{trouble}</span>
      )}
      {person.hand !== null && (
        <span class="tile-hand" title="Hand raised">
          <Hand size={16} aria-hidden="true" />
        </span>
      )}
      {!small && (
        <div class="plate tile-plate">
          {muted && <MicOff size={14} aria-hidden="true" />}
          <span class="tile-name">{person.name}{person.me && " (you)"}</span>
          {quality !== undefined && sends && (
            <QualityBars quality={quality} mine={person.me} report={report} />
          )}
        </div>
      )}
      {small && muted && (
        <span class="tile-muted">
          <MicOff size={12} aria-hidden="true" />
        </span>
      )}
      {!small && model.room.permissions.value.host && !person.me && (
        <div class="tile-menu">
          <PersonMenu person={person} />
        </div>
      )}
    </article>
  );
}
