/** The room of one connection: media for as long as the connection lasts, everything else for each joined room. */
import { Boundary } from "../../../design/boundary.tsx";
import { useEffect, useMemo } from "preact/hooks";
import type { JoinedRoom, MeetingConnection } from "../../../connection/meeting_connection.ts";
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
  connection: MeetingConnection;
  joined: JoinedRoom;
  devices: Devices;
}

export function Room({ connection, joined, devices }: RoomProps) {
  const { encryption: kind, meetingId, me: { id: participantId } } = joined;
  const encryption = useMemo(
    () => kind === "e2ee" ? openEncryption({ connection, meetingId, participantId }) : null,
    [connection, kind, participantId],
  );
  const media = useMemo(
    () =>
      openMedia({
        connection,
        devices,
        ...(encryption === null ? {} : { cryptor: encryption }),
      }),
    [connection, devices, encryption],
  );
  useEffect(() => () => media.close(), [media]);
  useEffect(() => () => encryption?.close(), [encryption]);
  const view = useMemo(() => new View(availableStages), [connection]);
  // The joined room is its own key: after a refused update it is another one, with another document.
  return (
    <Joined
      key={joined}
      connection={connection}
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

function Joined({ connection, joined, devices, media, encryption, view }: JoinedProps) {
  const model = useMemo(
    () => new RoomModel(connection, joined, media, devices, encryption, view),
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
        <Boundary says="The bar on top stopped working. The lesson goes on.">
          <TopBar />
        </Boundary>
        <Boundary fallback={() => null}>
          <StatusLine />
        </Boundary>
        <main class="room-main">
          <StageArea />
          {panel !== null && (
            <Boundary key={panel} says="The panel stopped working. Nothing in it is lost.">
              <SidePanel panel={panel} />
            </Boundary>
          )}
        </main>
        <Boundary says="The controls stopped working. You are still in the lesson.">
          <BottomBar />
        </Boundary>
        <Boundary>
          <KeptEditsNotice />
        </Boundary>
        <Boundary>
          <MessageStack />
        </Boundary>
        <Boundary>
          <Questions />
        </Boundary>
      </div>
    </RoomContext.Provider>
  );
}
