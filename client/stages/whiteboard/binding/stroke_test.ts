import { expect } from "@std/expect";
import * as Y from "yjs";
import { readStroke, type StrokeSegment, syncStroke, writeStroke } from "./stroke.ts";

function wave(points: number, type: StrokeSegment["type"] = "free"): StrokeSegment {
  return {
    type,
    points: Array.from({ length: points }, (_, index) => ({
      x: Math.round(index * 731) / 100,
      y: (Math.round(Math.sin(index / 9) * 12345) + 0) / 100,
      z: Math.round(50 + 40 * Math.sin(index / 30)) / 100,
    })),
  };
}

function arrayOf(segments: StrokeSegment[]): Y.Array<Uint8Array> {
  const array = new Y.Doc().getArray<Uint8Array>("stroke");
  array.push(writeStroke(segments));
  return array;
}

Deno.test("a stroke of hundredths reads back exactly as it was written", () => {
  const segments = [wave(300), wave(2, "straight"), wave(5000)];
  expect(readStroke(writeStroke(segments))).toEqual(segments);
});

Deno.test("coordinates that are no whole hundredths, huge, or without pressure read back exactly", () => {
  const segments: StrokeSegment[] = [{
    type: "free",
    points: [
      { x: 1 / 3, y: Math.PI, z: 0.123456 },
      { x: 0.1, y: -0.2, z: 0.5 },
      { x: 1e300, y: -1e-300, z: 1 },
      { x: 4, y: 5 },
      { x: -4.25, y: 5.01 },
    ],
  }, { type: "free", points: [] }];
  expect(readStroke(writeStroke(segments))).toEqual(segments);
});

Deno.test("a growing stroke appends its new points and touches nothing else", () => {
  const whole = wave(60);
  const array = arrayOf([{ type: "free", points: whole.points.slice(0, 10) }]);
  const first = array.get(0);
  for (let length = 11; length <= 60; length += 3) {
    const grown: StrokeSegment[] = [{ type: "free", points: whole.points.slice(0, length) }];
    expect(syncStroke(array, grown)).toBe(true);
    expect(readStroke(array)).toEqual(grown);
  }
  expect(array.get(0)).toBe(first);
});

Deno.test("a changed last point replaces the chunks from there on, and a new segment follows", () => {
  const points = wave(30).points;
  const array = arrayOf([{ type: "free", points: points.slice(0, 10) }]);
  syncStroke(array, [{ type: "free", points: points.slice(0, 20) }]);
  const merged = [...points.slice(0, 19), { x: 1, y: 2, z: 0.5 }];
  const segments: StrokeSegment[] = [{ type: "free", points: merged }, wave(4, "straight")];
  expect(syncStroke(array, segments)).toBe(true);
  expect(array.length).toBe(3);
  expect(readStroke(array)).toEqual(segments);
});

Deno.test("a stroke whose beginning changed asks for a new array", () => {
  const array = arrayOf([wave(10)]);
  const moved = wave(10);
  moved.points[0] = { x: 9, y: 9, z: 0.5 };
  expect(syncStroke(array, [moved])).toBe(false);
  expect(readStroke(array)).toEqual([wave(10)]);
});

Deno.test("malformed chunks read as undefined, whatever they are", () => {
  const [good] = writeStroke([wave(5)]);
  if (good === undefined) throw new Error("no chunk");
  const bad: unknown[][] = [
    ["text"],
    [new Uint8Array()],
    [new Uint8Array([3, 200])],
    [new Uint8Array([255, 0])],
    [good.slice(0, -1)],
    [new Uint8Array([...good, 0])],
    [new Uint8Array([1, 2, 2])],
    [new Uint8Array([3, 255])],
    [new Uint8Array([2, 0, 0, 0])],
    [new Uint8Array(5000).fill(3)],
  ];
  for (const chunks of bad) expect(readStroke(chunks)).toBeUndefined();
});
