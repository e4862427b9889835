/** How many columns make the tiles of a call largest, and how large they are then. */

export interface Grid {
  columns: number;
  /** CSS pixels. */
  width: number;
  height: number;
}

const WIDEST = 16 / 9;
const NARROWEST = 1;

/** The largest tile within a cell whose shape stays between a square and a wide picture. */
function fit(width: number, height: number): { width: number; height: number } {
  return {
    width: Math.floor(Math.min(width, height * WIDEST)),
    height: Math.floor(Math.min(height, width / NARROWEST)),
  };
}

export function gridFor(count: number, width: number, height: number, gap: number): Grid {
  let best: Grid = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const tile = fit(
      Math.max(0, (width - gap * (columns - 1)) / columns),
      Math.max(0, (height - gap * (rows - 1)) / rows),
    );
    if (tile.width * tile.height > best.width * best.height) best = { columns, ...tile };
  }
  return best;
}
