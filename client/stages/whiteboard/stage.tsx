/** The board as a stage of the room. */
import { useEffect, useState } from "preact/hooks";
import type { StageProps } from "../../connection/live_room.ts";
import { Board } from "./board.tsx";
import { openBoard } from "./open_board.ts";

export default function BoardStage({ session }: StageProps) {
  const [board, setBoard] = useState<ReturnType<typeof openBoard> | null>(null);
  useEffect(() => {
    const opened = openBoard(session);
    setBoard(opened);
    return () => opened.close();
  }, [session]);
  if (board === null) return null;
  return (
    <div class="board" onContextMenu={keepBrowserMenuAway}>
      {board.newer.value && (
        <p class="board-newer" role="status">
          Lectern was renewed during the lesson. Reload this page to draw again; the board is kept.
        </p>
      )}
      <Board key={session.me.id} board={board} />
    </div>
  );
}

/** The browser's own has nothing for a drawing; texts keep theirs to themselves. */
function keepBrowserMenuAway(event: MouseEvent): void {
  if (event.target instanceof Element && event.target.closest(".tl-canvas")) event.preventDefault();
}
