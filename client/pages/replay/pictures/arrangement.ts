/** Where stage and faces lie in a picture of a lesson. Pure. */
import { gridFor } from "../../../design/grid.ts";
import type { Box, Size } from "./canvas.ts";

const GAP = 12;
const RAIL_PX = 256;
const FACE_SHAPE = 16 / 9;

export interface Arrangement {
  /** Null when there is nothing to show but faces. */
  stage: Box | null;
  faces: Box[];
}

/** The stage with a rail of faces beside it, or faces alone, as large as they can be. */
export function arrange(size: Size, faces: number, hasStage: boolean): Arrangement {
  return hasStage ? withStage(size, faces) : { stage: null, faces: facesAlone(size, faces) };
}

function withStage({ width, height }: Size, faces: number): Arrangement {
  const rail = faces === 0 ? 0 : RAIL_PX + GAP;
  const stage = { x: GAP, y: GAP, width: width - 2 * GAP - rail, height: height - 2 * GAP };
  const room = (height - GAP) / Math.max(1, faces) - GAP;
  const faceHeight = Math.floor(Math.min(RAIL_PX / FACE_SHAPE, room));
  const x = width - GAP - RAIL_PX;
  return {
    stage,
    faces: Array.from({ length: faces }, (_, index) => ({
      x,
      y: GAP + index * (faceHeight + GAP),
      width: RAIL_PX,
      height: faceHeight,
    })),
  };
}

function facesAlone({ width, height }: Size, faces: number): Box[] {
  const grid = gridFor(faces, width - 2 * GAP, height - 2 * GAP, GAP);
  const rows = Math.ceil(faces / grid.columns);
  const top = (height - rows * (grid.height + GAP) + GAP) / 2;
  return Array.from({ length: faces }, (_, index) => {
    const row = Math.floor(index / grid.columns);
    const inRow = Math.min(grid.columns, faces - row * grid.columns);
    const left = (width - inRow * (grid.width + GAP) + GAP) / 2;
    return {
      x: Math.round(left + (index % grid.columns) * (grid.width + GAP)),
      y: Math.round(top + row * (grid.height + GAP)),
      width: grid.width,
      height: grid.height,
    };
  });
}
