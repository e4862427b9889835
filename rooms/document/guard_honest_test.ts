import { expect } from "@std/expect";
import { holdLesson } from "../../tests/fuzz/guard_lesson.ts";

Deno.test("judgeUpdate refuses nothing that people do in a lesson: edits, undo, offline, reload", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { refusals, undos, reloads } = holdLesson(seed, 400);
    expect({ seed, refusals }).toEqual({ seed, refusals: [] });
    expect(undos).toBeGreaterThan(10);
    expect(reloads).toBeGreaterThan(1);
  }
});
