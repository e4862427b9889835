/** Opens the recording, or says in plain words why it stays closed. */
import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Page, Waiting } from "../../design/page.tsx";
import { RecordingKeys } from "../../encryption/recording_keys.ts";
import { followBooking } from "../../words/start.ts";
import { Replay } from "./model.ts";
import type { RecordingAddress } from "./recording/access.ts";
import { RecordingApi, RecordingProblem, type RecordingProblemCode } from "./recording/api.ts";
import { ReplayPage } from "./replay.tsx";

type Stand = "asking" | Replay | RecordingProblemCode;

export function App({ address }: { address: RecordingAddress | null }) {
  const stand = useMemo(() => signal<Stand>("asking"), []);
  const open = async () => {
    if (address === null) return void (stand.value = "gone");
    stand.value = "asking";
    try {
      const { api, manifest } = await RecordingApi.open(address);
      await followBooking(manifest.you?.locale ?? null);
      const { meetingId } = manifest;
      const keys = await RecordingKeys.open(api, { meetingId, fragment: address.key });
      stand.value = new Replay(api, manifest, keys);
    } catch (error) {
      stand.value = error instanceof RecordingProblem ? error.code : "unreachable";
    }
  };
  useEffect(() => void open(), []);
  const now = stand.value;
  if (now === "asking") return <Waiting says="Opening the recording" />;
  if (now instanceof Replay) {
    return (
      <ReplayPage
        replay={now}
        onDeleted={() => stand.value = "gone"}
      />
    );
  }
  return <Closed code={now} onTryAgain={() => void open()} />;
}

function Closed({ code, onTryAgain }: { code: RecordingProblemCode; onTryAgain: () => void }) {
  switch (code) {
    case "refused":
      return (
        <Page title="This recording is for those who were booked" testId="recording-refused">
          <p>
            Open it by your personal link of the lesson, or by a link from your booking page. A link
            of the booking page works for a while only: ask there for a fresh one.
          </p>
        </Page>
      );
    case "gone":
      return (
        <Page title="This recording isn’t here" testId="recording-gone">
          <p>
            It was deleted, or its address is incomplete. Recordings are also deleted when their
            time is over. Ask your tutor if you expected it to be here.
          </p>
        </Page>
      );
    case "newer":
      return (
        <Page title="Reload this page" testId="recording-newer">
          <p>The recording was made by a newer Lectern than this page.</p>
          <TryAgain onClick={() => location.reload()} />
        </Page>
      );
    case "unreachable":
      return (
        <Page title="The recording can’t be reached" testId="recording-unreachable">
          <p>
            {navigator.onLine
              ? "The server does not answer. The recording is kept: try again in a moment."
              : "You seem to be offline. The recording is kept: check the network, then try again."}
          </p>
          <TryAgain onClick={onTryAgain} />
        </Page>
      );
  }
}

function TryAgain({ onClick }: { onClick: () => void }) {
  return <button type="button" class="button button-main" onClick={onClick}>Try again</button>;
}
