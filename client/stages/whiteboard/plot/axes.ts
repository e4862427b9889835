/** Where ticks, axes and curves of a graph lie in its box. Pure geometry: a graph looks the same everywhere. */
import type { Curve } from "./expression.ts";

export interface Range {
  min: number;
  max: number;
}

/** The part of the plane that is shown, and the size of the box that shows it. */
export interface PlotFrame {
  x: Range;
  y: Range;
  width: number;
  height: number;
}

const SAMPLES_PER_PIXEL = 1;
const MAX_SAMPLES = 1500;

/** Round steps (1, 2 or 5 times a power of ten) across the range; about one each `spacing` pixels. */
export function ticks(range: Range, pixels: number, spacing = 48): number[] {
  const wanted = Math.max(2, Math.floor(pixels / spacing));
  const raw = (range.max - range.min) / wanted;
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw) ?? raw;
  const values: number[] = [];
  for (let at = Math.ceil(range.min / step); at * step <= range.max + step * 1e-9; at++) {
    values.push(Number((at * step).toPrecision(12)));
    if (values.length > 100) break;
  }
  return values;
}

export function toX(frame: PlotFrame, x: number): number {
  return (x - frame.x.min) / (frame.x.max - frame.x.min) * frame.width;
}

export function toY(frame: PlotFrame, y: number): number {
  return (frame.y.max - y) / (frame.y.max - frame.y.min) * frame.height;
}

/** The curve as SVG path data, broken where it has no value, leaves the box far, or jumps across a pole. */
export function curvePath(curve: Curve, frame: PlotFrame): string {
  const samples = Math.min(MAX_SAMPLES, Math.ceil(frame.width * SAMPLES_PER_PIXEL));
  const far = frame.height * 2;
  let path = "";
  let penDown = false;
  let lastY = 0;
  for (let at = 0; at <= samples; at++) {
    const x = frame.x.min + (frame.x.max - frame.x.min) * at / samples;
    const y = toY(frame, curve(x));
    const drawn = Number.isFinite(y) && y > -far && y < frame.height + far;
    const jumped = penDown && Math.abs(y - lastY) > frame.height;
    if (drawn) {
      path += `${penDown && !jumped ? "L" : "M"}${round(toX(frame, x))} ${round(y)}`;
    }
    penDown = drawn;
    lastY = y;
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
