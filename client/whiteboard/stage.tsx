/** The board as a stage of the room. */
import { useEffect, useState } from "preact/hooks";
import type { StageProps } from "../session.ts";
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
    <div class="board">
      {board.newer.value && (
        <p class="board-newer" role="status">
          Lectern was renewed during the lesson. Reload this page to draw again; the board is kept.
        </p>
      )}
      <Board key={session.me.id} board={board} />
    </div>
  );
}
