import { expect } from "@std/expect";
import { UnsavedChanges } from "./saving.ts";

Deno.test("a change is unsaved until the server has stored its last clock", () => {
  const unsaved = new UnsavedChanges(7);
  unsaved.changed(3);
  unsaved.changed(10);
  expect(unsaved.count).toBe(2);
  unsaved.stored(7, 9);
  expect(unsaved.count).toBe(1);
  unsaved.stored(7, 10);
  expect(unsaved.count).toBe(0);
});

Deno.test("another client id's clock stores nothing of ours", () => {
  const unsaved = new UnsavedChanges(7);
  unsaved.changed(1);
  unsaved.stored(8, 100);
  expect(unsaved.count).toBe(1);
});

Deno.test("what an earlier page left counts until its own clock is stored", () => {
  const unsaved = new UnsavedChanges(7);
  unsaved.restored(5, 40);
  unsaved.restored(6, 0);
  expect(unsaved.count).toBe(1);
  unsaved.stored(5, 39);
  expect(unsaved.count).toBe(1);
  unsaved.stored(5, 40);
  expect(unsaved.count).toBe(0);
});

Deno.test("a deletion is stored together with the clock that it was made at", () => {
  const unsaved = new UnsavedChanges(7);
  unsaved.changed(4);
  unsaved.changed(4);
  unsaved.stored(7, 4);
  expect(unsaved.count).toBe(0);
});
