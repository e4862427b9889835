/** What the host can do about one person. A source is stopped or asked for, never switched on for them. */
import {
  Ellipsis,
  Hand,
  Mic,
  MicOff,
  ScreenShareOff,
  UserRoundX,
  Video,
  VideoOff,
} from "lucide-preact";
import { useSignal } from "@preact/signals";
import { Confirm } from "../../../../design/dialog.tsx";
import { Menu, MenuItem } from "../../../../design/menu.tsx";
import type { MediaSource, MediaState } from "../../../../../rooms/contract/document/schema.ts";
import type { Participant } from "../../../../connection/live_room.ts";
import { useRoom } from "../model.ts";

const isLive = (state: MediaState) => state.on && !state.stoppedByHost;

export function PersonMenu({ person }: { person: Participant }) {
  const model = useRoom();
  const removing = useSignal(false);
  const participantId = person.id;
  const { selfUnmute } = model.room.meeting.value.policy;
  const stop = (source: MediaSource) =>
    void model.command("participant.stopMedia", { participantId, source });
  const ask = async (source: "audio" | "video") => {
    if (await model.command("participant.askMedia", { participantId, source })) {
      model.messages.say(`${person.name} is asked.`);
    }
  };
  return (
    <>
      <Menu
        label={`Options for ${person.name}`}
        button={<Ellipsis size={20} aria-hidden="true" />}
        testId={`person-menu-${person.name}`}
      >
        {isLive(person.audio) || isLive(person.screenAudio)
          ? (
            <MenuItem
              icon={MicOff}
              label="Mute"
              detail={selfUnmute
                ? `${person.name} can unmute again.`
                : `${person.name} stays muted until you ask.`}
              testId="mute"
              onSelect={() => stop("audio")}
            />
          )
          : (
            <MenuItem
              icon={Mic}
              label="Ask to unmute"
              testId="ask-audio"
              onSelect={() => void ask("audio")}
            />
          )}
        {isLive(person.video)
          ? (
            <MenuItem
              icon={VideoOff}
              label="Stop the camera"
              testId="stop-video"
              onSelect={() => stop("video")}
            />
          )
          : (
            <MenuItem
              icon={Video}
              label="Ask for the camera"
              testId="ask-video"
              onSelect={() => void ask("video")}
            />
          )}
        {isLive(person.screen) && (
          <MenuItem
            icon={ScreenShareOff}
            label="Stop the screen share"
            testId="stop-screen"
            onSelect={() => stop("screen")}
          />
        )}
        {person.hand !== null && (
          <MenuItem
            icon={Hand}
            label="Lower the hand"
            testId="lower-hand"
            onSelect={() => void model.command("participant.lowerHand", { participantId })}
          />
        )}
        <hr class="menu-rule" />
        <MenuItem
          icon={UserRoundX}
          label="Remove from the lesson"
          testId="remove"
          onSelect={() => removing.value = true}
        />
      </Menu>
      {removing.value && (
        <Confirm
          title={`Remove ${person.name}?`}
          effect={`${person.name} leaves the room at once and can’t come back with the same link.`}
          action="Remove"
          onConfirm={() => void model.command("participant.remove", { participantId })}
          onClose={() => removing.value = false}
        />
      )}
    </>
  );
}
