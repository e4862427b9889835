/** Draws people as the replay shows them: their picture or initials, their name, who speaks, who is muted. */
import type { VideoSample } from "mediabunny";
import { hueOf, initialsOf } from "../../../design/initials.ts";
import { type Box, contained, type Context, covering } from "./canvas.ts";
import type { Palette } from "./palette.ts";

const RADIUS = 12;
const PLATE_PX = 24;

export interface FaceScene {
  name: string;
  speaks: boolean;
  muted: boolean;
  /** Null shows initials. */
  frame: VideoSample | null;
}

export function drawFace(
  context: Context,
  box: Box,
  { name, speaks, muted, frame }: FaceScene,
  palette: Palette,
): void {
  context.save();
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, RADIUS);
  context.clip();
  context.fillStyle = palette.frame;
  context.fillRect(box.x, box.y, box.width, box.height);
  if (frame === null) drawInitials(context, box, name, palette);
  else {
    const part = covering({ width: frame.displayWidth, height: frame.displayHeight }, box);
    const { x, y, width, height } = box;
    frame.draw(context, part.x, part.y, part.width, part.height, x, y, width, height);
  }
  drawPlate(context, box, muted ? `${name} (muted)` : name, palette);
  context.restore();
  if (!speaks) return;
  context.strokeStyle = palette.good;
  context.lineWidth = 3;
  context.beginPath();
  context.roundRect(box.x + 1.5, box.y + 1.5, box.width - 3, box.height - 3, RADIUS);
  context.stroke();
}

/** A shared screen, whole, with whose it is. */
export function drawScreen(
  context: Context,
  box: Box,
  { name, frame }: { name: string; frame: VideoSample | null },
  palette: Palette,
): void {
  context.fillStyle = palette.frame;
  context.fillRect(box.x, box.y, box.width, box.height);
  if (frame !== null) {
    const size = { width: frame.displayWidth, height: frame.displayHeight };
    const { x, y, width, height } = contained(size, box);
    frame.draw(context, x, y, width, height);
  }
  drawPlate(context, box, `${name}’s screen`, palette);
}

function drawInitials(context: Context, box: Box, name: string, palette: Palette): void {
  const radius = Math.min(box.width, box.height) * 0.26;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  context.fillStyle = `oklch(0.46 0.085 ${hueOf(name)})`;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = palette.plateInk;
  context.font = `560 ${Math.round(radius * 0.8)}px ${palette.serif}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(initialsOf(name), x, y);
  context.textAlign = "left";
}

function drawPlate(context: Context, box: Box, name: string, palette: Palette): void {
  context.font = `500 13px ${palette.sans}`;
  context.textBaseline = "middle";
  const width = Math.min(box.width - 16, context.measureText(name).width + 20);
  const y = box.y + box.height - PLATE_PX - 8;
  context.fillStyle = palette.plate;
  context.beginPath();
  context.roundRect(box.x + 8, y, width, PLATE_PX, PLATE_PX / 2);
  context.fill();
  context.fillStyle = palette.plateInk;
  context.fillText(name, box.x + 18, y + PLATE_PX / 2 + 1, width - 20);
}
