/**
 * How a page of the board is cut into sheets: each page of a PDF that was put on it is one, with what was written on
 * it, and what is beside them is the last.
 *
 * Invariant: everything on the page is on some sheet, whole.
 */
import { Box, type Editor, type TLShapeId } from "tldraw";

/** `meta` of a shape that is a page of a PDF. */
export const SHEET = { sheet: true };

const MARGIN_PX = 32;

export interface Sheet {
  ids: readonly TLShapeId[];
  bounds: Box;
}

/** The sheets of the page that the editor shows, in columns from the top down. */
export function sheetsOf(editor: Editor): Sheet[] {
  const placed = editor.getCurrentPageShapesSorted().flatMap((shape) => {
    const bounds = editor.getShapePageBounds(shape);
    return bounds === undefined ? [] : [{ shape, bounds }];
  });
  const backgrounds = placed
    .filter(({ shape }) => shape.meta.sheet === true)
    .sort((a, b) => a.bounds.x - b.bounds.x || a.bounds.y - b.bounds.y);
  const sheets: Box[] = backgrounds.map(({ bounds }) => bounds.clone());
  const beside: Box[] = [];
  for (const { shape, bounds } of placed) {
    if (shape.meta.sheet === true) continue;
    const at = backgrounds.findIndex((background) =>
      background.bounds.containsPoint(bounds.center)
    );
    // Whatever stands over the edge is shown whole.
    const sheet = sheets[at];
    if (sheet === undefined) beside.push(bounds);
    else sheets[at] = Box.Common([sheet, bounds]);
  }
  if (beside.length > 0) sheets.push(Box.Common(beside).expandBy(MARGIN_PX));
  return sheets.map((sheet) => ({
    ids: placed.filter(({ bounds }) => sheet.collides(bounds)).map(({ shape }) => shape.id),
    bounds: sheet,
  }));
}
