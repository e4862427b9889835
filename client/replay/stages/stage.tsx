/** What stood in the middle: a shared screen, the board or the code, whichever the layout asks for. */
import { lazy, Suspense } from "preact/compat";
import { filesOf, runsOf, whiteboardOf } from "../../../rooms/document/schema.ts";
import { SharedScreen, useScreen } from "../faces.tsx";
import { Dots } from "../../lobby/page.tsx";
import { useReplay } from "../model.ts";
import { CodeAt } from "./code_at.tsx";

const BoardAt = lazy(() => import("./board_at.tsx"));

type Shown = "screen" | "board" | "code" | "nothing";

function useShown(): Shown {
  const replay = useReplay();
  const screen = useScreen();
  const layout = replay.view.layout.value;
  if (layout === "board" || layout === "code") return layout;
  if (screen !== undefined) return "screen";
  replay.version("whiteboard").value;
  replay.version("files").value;
  replay.version("runs").value;
  const { doc } = replay.lesson;
  const hasBoard = whiteboardOf(doc).size > 0;
  const hasCode = filesOf(doc).size > 0 || runsOf(doc).length > 0;
  if (hasBoard && hasCode) return replay.touched.value;
  if (hasBoard) return "board";
  return hasCode ? "code" : "nothing";
}

export function Stage() {
  const shown = useShown();
  if (shown === "screen") {
    return (
      <div class="stage">
        <SharedScreen />
      </div>
    );
  }
  if (shown === "nothing") {
    return (
      <div class="stage">
        <div class="stage-empty">
          <p>Nothing has been drawn or written yet at this point.</p>
        </div>
      </div>
    );
  }
  return (
    <div class="stage" data-testid={`replay-${shown}`}>
      <div class="stage-own">
        {shown === "code" ? <CodeAt /> : (
          <Suspense fallback={<Coming />}>
            <BoardAt />
          </Suspense>
        )}
      </div>
    </div>
  );
}

function Coming() {
  return (
    <div class="stage-empty" role="status">
      <Dots />
      <span>The board is coming</span>
    </div>
  );
}
