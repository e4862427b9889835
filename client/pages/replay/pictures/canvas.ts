/** What drawing on a canvas needs everywhere: boxes, and how a picture lies in one. */

/** In pixels of the canvas. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Context = OffscreenCanvasRenderingContext2D;

export interface Size {
  width: number;
  height: number;
}

/** The part of a picture that fills a box of another shape (`cover`). */
export function covering(picture: Size, box: Size): Box {
  const scale = Math.max(box.width / picture.width, box.height / picture.height);
  const [width, height] = [box.width / scale, box.height / scale];
  return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
}

/** Where in a box a whole picture lies (`contain`). */
export function contained(picture: Size, box: Box): Box {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return {
    x: box.x + (box.width - width) / 2,
    y: box.y + (box.height - height) / 2,
    width,
    height,
  };
}

/** A canvas of this size to draw on. @throws Error where the browser gives none */
export function openCanvas({ width, height }: Size): { canvas: OffscreenCanvas; context: Context } {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) throw new Error("no canvas to draw on");
  return { canvas, context };
}
