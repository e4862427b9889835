/** The replay: what stood on the stage, who was there, what was written, and the timeline under all of it. */
import { Boundary } from "../../design/boundary.tsx";
import { useEffect } from "preact/hooks";
import { Captions } from "./captions.tsx";
import { ChatAt } from "./chat.tsx";
import { Controls } from "./controls.tsx";
import { Faces } from "./faces.tsx";
import { KeyNotice, OrderNotice } from "./decryption/key_notice.tsx";
import { KeysHelp } from "./keys_help.tsx";
import { listenToKeys } from "./keys.ts";
import { type Replay, ReplayContext, useReplay } from "./model.ts";
import { CopyHere } from "./sandbox/copy_here.tsx";
import { Stage } from "./stages/stage.tsx";
import { Timeline } from "./timeline.tsx";
import { TopBar } from "./top_bar.tsx";
import "./replay.css";

/** A mouse leaves no focus behind on what it presses, so that Space goes on meaning play. */
function letGo(event: MouseEvent): void {
  const isPressed = event.target instanceof Element && event.target.closest("button") !== null;
  const focused = document.activeElement;
  if (event.detail > 0 && isPressed && focused instanceof HTMLButtonElement) focused.blur();
}

export function ReplayPage({ replay, onDeleted }: { replay: Replay; onDeleted: () => void }) {
  useEffect(() => {
    const close = replay.open();
    const stopKeys = listenToKeys(replay);
    return () => {
      stopKeys();
      close();
    };
  }, [replay]);
  const { title } = replay.manifest.value;
  useEffect(() => {
    document.title = `${title} · Recording · Lectern`;
  }, [title]);
  const { view } = replay;
  const layout = view.layout.value;
  const copyOf = view.copyOf.value;
  return (
    <ReplayContext.Provider value={replay}>
      <div
        class={`replay replay-${layout}`}
        data-testid="replay"
        inert={copyOf !== null}
        onClick={letGo}
      >
        <Boundary>
          <TopBar onDeleted={onDeleted} />
        </Boundary>
        <Trouble />
        <main class="replay-main">
          {layout !== "faces" && (
            <Boundary key={layout}>
              <Stage />
            </Boundary>
          )}
          {view.showsFaces.value && (
            <Boundary>
              <Faces />
            </Boundary>
          )}
          {view.chatOpen.value && (
            <Boundary>
              <ChatAt />
            </Boundary>
          )}
          <Boundary>
            <Captions />
          </Boundary>
        </main>
        <footer class="replay-foot">
          <Boundary>
            <KeyNotice />
          </Boundary>
          <Boundary>
            <OrderNotice />
          </Boundary>
          <Boundary>
            <Timeline />
          </Boundary>
          <Boundary>
            <Controls />
          </Boundary>
        </footer>
        {view.keysOpen.value && <KeysHelp />}
      </div>
      {copyOf !== null && (
        <Boundary>
          <CopyHere />
        </Boundary>
      )}
    </ReplayContext.Provider>
  );
}

/** What keeps the page from showing all of it. */
function Trouble() {
  const replay = useReplay();
  const problem = replay.problem.value;
  // What the player plays is another thing with each manifest.
  replay.manifest.value;
  if (problem === null && replay.player.playsAll) return null;
  if (problem === null) {
    return (
      <p class="replay-trouble" role="status" data-testid="unplayable">
        This browser can’t play the faces and voices of recordings; board, code and chat are as they
        were. Chrome, Edge and Firefox play everything.
      </p>
    );
  }
  return (
    <p class="replay-trouble" role="status">
      {problem.code === "gone"
        ? "This recording has been deleted meanwhile."
        : "Parts of the recording don’t arrive. It goes on by itself when they do."}
    </p>
  );
}
