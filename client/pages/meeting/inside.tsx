/** Past the door: connecting, waiting, in the room, and every way that it can end. */
import { useEffect } from "preact/hooks";
import type { MeetingConnection } from "../../connection/meeting_connection.ts";
import { Closed, recordingLink, RecordingReady, Removed } from "./door/closed.tsx";
import type { JoinInfo } from "./join.ts";
import { Dots, Page, Waiting } from "../../design/page.tsx";
import type { RoomModule, Visit } from "./visit.ts";

const NO_PROBLEM = {
  opensAt: null,
  scheduledStart: null,
  scheduledEnd: null,
  retryAfterMs: null,
  recordingUrl: null,
};

interface InsideProps {
  visit: Visit;
  info: JoinInfo;
  connection: MeetingConnection;
  room: RoomModule;
}

export function Inside({ visit, info, connection, room }: InsideProps) {
  const state = connection.phase.value;
  const { phase } = state;
  useEffect(() => {
    document.title = `${info.title} · Lectern`;
    if (phase !== "connecting" && phase !== "waiting" && phase !== "in") visit.releaseDevices();
  }, [phase]);

  switch (state.phase) {
    case "connecting":
      return <Waiting says="Joining the lesson" />;
    case "waiting":
      return <Admission visit={visit} info={info} connection={connection} />;
    case "in": {
      const devices = visit.devices.value;
      return devices && <room.Room connection={connection} joined={state.room} devices={devices} />;
    }
    case "unencrypted":
      return (
        <Closed visit={visit} problem={{ ...NO_PROBLEM, code: "unencrypted", title: info.title }} />
      );
    case "refused":
      if (state.code === "refused") return <Refused visit={visit} />;
      return (
        <Closed
          visit={visit}
          problem={{
            ...NO_PROBLEM,
            code: state.code,
            title: info.title,
            scheduledStart: info.scheduledStart,
            scheduledEnd: info.scheduledEnd,
          }}
        />
      );
    case "removed":
      return <Removed />;
    case "ended":
      return (
        <Ended
          by={state.by}
          reason={state.reason}
          meetingId={visit.link.meetingId}
          recording={state.recordingUrl === null ? null : recordingLink(state.recordingUrl, visit)}
        />
      );
    case "replaced":
      return (
        <Page title="The lesson goes on in another tab" testId="replaced">
          <p>You joined again from somewhere else, so this tab let go of the room.</p>
          <button type="button" class="button button-main" onClick={() => void visit.enter()}>
            Use it here instead
          </button>
        </Page>
      );
    case "left":
      return (
        <Page title="You left the lesson" testId="left">
          <p>The others are told. You can come back as long as it lasts.</p>
          <button type="button" class="button button-main" onClick={() => void visit.ask()}>
            Back to the lobby
          </button>
        </Page>
      );
    case "error":
      return (
        <Page title="The room closed unexpectedly" testId="room-error">
          <p>{state.message}</p>
          <p class="soft">Everything that was saved is kept.</p>
          <button type="button" class="button button-main" onClick={() => void visit.ask()}>
            Try again
          </button>
        </Page>
      );
  }
}

function Admission({ visit, info, connection }: Omit<InsideProps, "room">) {
  return (
    <Page title="Waiting to be let in" testId="waiting-room">
      <p role="status">
        The host of <strong>{info.title}</strong>{" "}
        sees that you are here. The lesson opens by itself when they let you in.
      </p>
      <Dots />
      {connection.link.value !== "online" && (
        <p class="soft" role="status">The connection dropped. Trying to get it back.</p>
      )}
      <button type="button" class="button" onClick={() => void visit.ask()}>
        Back to the lobby
      </button>
    </Page>
  );
}

function Refused({ visit }: { visit: Visit }) {
  return (
    <Page title="The host did not let you in" testId="refused">
      <p>
        They may not have known your name. Change it in the lobby and ask again, or write to them.
      </p>
      <button type="button" class="button" onClick={() => void visit.ask()}>
        Back to the lobby
      </button>
    </Page>
  );
}

interface EndedProps {
  meetingId: string;
  by: string | null;
  reason: "ended" | "timeout" | "empty" | "cancelled";
  /** Null when there is none, or none for this person. */
  recording: string | null;
}

function Ended({ meetingId, by, reason, recording }: EndedProps) {
  const how = {
    ended: by === null ? "It was ended for everyone." : `${by} ended it for everyone.`,
    timeout: "Its time was up.",
    empty: "Nobody was here any more.",
    cancelled: "It was cancelled.",
  }[reason];
  return (
    <Page title="The lesson has ended" testId="ended">
      <p>{how} What was written is kept.</p>
      {recording !== null && <RecordingReady href={recording} meetingId={meetingId} />}
    </Page>
  );
}
