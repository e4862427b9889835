/** One person in the list of people. */
import { Hand, MicOff, ScreenShare, VideoOff } from "lucide-preact";
import { Avatar } from "../../../../design/avatar.tsx";
import type { Participant } from "../../../../connection/live_room.ts";
import { useRoom } from "../model.ts";
import { PersonMenu } from "./person_menu.tsx";
import { sayOrdinal } from "../../../../words/time.ts";

interface PersonRowProps {
  person: Participant;
  /** Place in the row of raised hands, from 1. */
  place?: number;
}

export function PersonRow({ person, place }: PersonRowProps) {
  const { room, unstable } = useRoom();
  const muted = !person.audio.on || person.audio.stoppedByHost;
  const dark = !person.video.on || person.video.stoppedByHost;
  const about = [
    person.me && "you",
    person.role === "tutor" && "tutor",
    person.connection === "reconnecting" && "reconnecting",
    person.connection === "online" && unstable.value.has(person.id) && "connection unstable",
  ].filter(Boolean).join(", ");
  return (
    <li class="person" data-testid="person">
      <Avatar name={person.name} size={36} />
      <div class="person-name">
        <span>{person.name}</span>
        {about !== "" && <small>{about}</small>}
      </div>
      {place !== undefined && (
        <span class="person-place">
          <Hand size={16} aria-hidden="true" />
          {sayOrdinal(place)}
        </span>
      )}
      {person.screen.on && !person.screen.stoppedByHost && (
        <State icon={ScreenShare} says="shares a screen" />
      )}
      {muted && <State icon={MicOff} says="muted" />}
      {dark && <State icon={VideoOff} says="camera off" />}
      {room.permissions.value.host && !person.me && <PersonMenu person={person} />}
    </li>
  );
}

function State({ icon: Icon, says }: { icon: typeof MicOff; says: string }) {
  return (
    <span class="person-state" title={says}>
      <Icon size={16} aria-hidden="true" />
      <span class="unseen">{says}</span>
    </span>
  );
}
