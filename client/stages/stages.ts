/**
 * Which stages this build has, and how each is loaded: the board and the code are chunks of their own,
 * fetched when somebody opens them.
 */
import type { ComponentType } from "preact";
import type { StageProps } from "../connection/live_room.ts";

export type StageName = "talk" | "board" | "code";
export type LoadedStage = ComponentType<StageProps>;

interface StageModule {
  default: LoadedStage;
}

type Loaders = Record<string, () => Promise<StageModule>>;

/** Vite replaces it by what it finds; without the file it is an empty object. */
declare global {
  interface ImportMeta {
    glob<T>(pattern: string): Record<string, () => Promise<T>>;
  }
}

const boards: Loaders = import.meta.glob<StageModule>("./whiteboard/stage.tsx");
const codes: Loaders = import.meta.glob<StageModule>("./code/stage.tsx");

export const STAGE_LABELS: Readonly<Record<StageName, string>> = {
  talk: "Talk",
  board: "Board",
  code: "Code",
};

function loaderOf(stage: StageName): (() => Promise<StageModule>) | undefined {
  if (stage === "board") return Object.values(boards)[0];
  if (stage === "code") return Object.values(codes)[0];
  return undefined;
}

export const availableStages: readonly StageName[] = (["talk", "board", "code"] as const)
  .filter((stage) => stage === "talk" || loaderOf(stage) !== undefined);

/** Rejects when the stage's program doesn't arrive. */
export async function loadStage(stage: StageName): Promise<LoadedStage> {
  const load = loaderOf(stage);
  if (load === undefined) throw new Error(`there is no stage "${stage}" in this build`);
  return (await load()).default;
}
