import { expect } from "@std/expect";
import { View } from "./view.ts";

Deno.test("Opening a stage replaces the one that is shown", () => {
  const view = new View(["talk", "board", "code"]);
  view.open("board");
  expect(view.stages.value).toEqual(["board"]);
});

Deno.test("Side by side, opening a third stage replaces the one that was opened first", () => {
  const view = new View(["talk", "board", "code"]);
  view.toggleSplit();
  expect(view.stages.value).toEqual(["talk", "board"]);
  view.open("code");
  expect(view.stages.value).toEqual(["board", "code"]);
  view.open("code");
  expect(view.stages.value).toEqual(["board", "code"]);
  view.toggleSplit();
  expect(view.stages.value).toEqual(["code"]);
});

Deno.test("A stage that the build lacks can't be opened, and nothing is put beside itself", () => {
  const view = new View(["talk"]);
  view.open("board");
  view.only("code");
  view.toggleSplit();
  expect(view.stages.value).toEqual(["talk"]);
});

Deno.test("Pressing a panel's button again closes it", () => {
  const view = new View(["talk"]);
  view.togglePanel("chat");
  view.togglePanel("people");
  expect(view.panel.value).toBe("people");
  view.togglePanel("people");
  expect(view.panel.value).toBe(null);
});
