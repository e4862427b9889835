/** The board that tldraw's overridden parts stand in. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Board } from "./open_board.ts";

export const BoardContext = createContext<Board | null>(null);

export function useBoard(): Board {
  const board = useContext(BoardContext);
  if (board === null) throw new Error("no board here");
  return board;
}
