/** The room of one session: media for as long as the session lasts, everything else for each joined room. */
import { useEffect, useMemo } from "preact/hooks";
import type { JoinedRoom, Session } from "../../../connection/session.ts";
import { type Encryption, openEncryption } from "../../../encryption/encryption.ts";
import type { Devices } from "../../../media/devices.ts";
import { openMedia, type RoomMedia } from "../../../media/engine.ts";
import { BottomBar } from "./bars/bottom_bar.tsx";
import { listenToHappenings } from "./messages/happenings.ts";
import { KeptEditsNotice } from "./kept_edits.tsx";
import { listenToKeys } from "./keys.ts";
import { MessageStack } from "./messages/message_stack.tsx";
import { RoomContext, RoomModel } from "./model.ts";
import { Questions } from "./people/questions.tsx";
import { SidePanel } from "./side_panel.tsx";
import { StageArea } from "./stages/stage_area.tsx";
import { availableStages } from "../../../stages/stages.ts";
import { StatusLine } from "./bars/status_line.tsx";
import { TopBar } from "./bars/top_bar.tsx";
import { View } from "./view.ts";
import "./room.css";

interface RoomProps {
  session: Session;
  joined: JoinedRoom;
  devices: Devices;
}

export function Room({ session, joined, devices }: RoomProps) {
  const { encryption: kind, meetingId, me: { id: participantId } } = joined;
  const encryption = useMemo(
    () =>
      kind === "e2ee" ? openEncryption({ connection: session, meetingId, participantId }) : null,
    [session, kind, participantId],
  );
  const media = useMemo(
    () =>
      openMedia({
        connection: session,
        devices,
        ...(encryption === null ? {} : { cryptor: encryption }),
      }),
    [session, devices, encryption],
  );
  useEffect(() => () => media.close(), [media]);
  useEffect(() => () => encryption?.close(), [encryption]);
  const view = useMemo(() => new View(availableStages), [session]);
  // The joined room is its own key: after a refused update it is another one, with another document.
  return (
    <Joined
      key={joined}
      session={session}
      joined={joined}
      devices={devices}
      media={media}
      encryption={encryption}
      view={view}
    />
  );
}

interface JoinedProps extends RoomProps {
  media: RoomMedia;
  encryption: Encryption | null;
  /** What the person has open stays open when the room starts afresh. */
  view: View;
}

function Joined({ session, joined, devices, media, encryption, view }: JoinedProps) {
  const model = useMemo(
    () => new RoomModel(session, joined, media, devices, encryption, view),
    [joined, media],
  );
  useEffect(() => {
    const stopKeys = listenToKeys(model);
    const stopHappenings = listenToHappenings(model);
    return () => {
      stopKeys();
      stopHappenings();
      model.close();
    };
  }, [model]);
  const panel = model.view.panel.value;
  return (
    <RoomContext.Provider value={model}>
      <div class={`room ${panel === null ? "" : "room-with-panel"}`} data-testid="room">
        <TopBar />
        <StatusLine />
        <main class="room-main">
          <StageArea />
          {panel !== null && <SidePanel panel={panel} />}
        </main>
        <BottomBar />
        <KeptEditsNotice />
        <MessageStack />
        <Questions />
      </div>
    </RoomContext.Provider>
  );
}
