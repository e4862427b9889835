/** What stood in the middle: a shared screen, the board or the code, whichever the layout asks for. */
import { lazy, Suspense } from "preact/compat";
import { SharedScreen, useScreen } from "../faces.tsx";
import { Dots } from "../../../design/page.tsx";
import { useReplay } from "../model.ts";
import { CodeAt } from "./code_at.tsx";
import { type Shown, shownStage } from "./worked_on.ts";

const BoardAt = lazy(() => import("./board_at.tsx"));

function useShown(): Shown {
  const replay = useReplay();
  const screenShared = useScreen() !== undefined;
  replay.version("whiteboard").value;
  replay.version("files").value;
  replay.version("runs").value;
  return shownStage(replay.lesson.doc, {
    layout: replay.view.layout.value,
    worked: replay.touched.value,
    screenShared,
  });
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
