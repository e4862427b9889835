import { expect } from "@std/expect";
import { signal } from "@preact/signals";
import type { Quality } from "../../../../media/engine.ts";
import { UnstablePeople } from "./unstable.ts";

function open() {
  const quality = signal<ReadonlyMap<string, Quality>>(new Map([["ada", 0], ["tom", 4]]));
  const online = signal(true);
  const people = new UnstablePeople(quality, online);
  const named = new Promise<void>((resolve) => {
    people.ids.subscribe((ids) => ids.size > 0 && resolve());
  });
  return { quality, online, people, named };
}

Deno.test("Somebody of whom nothing arrives is named after a while, until something does", async () => {
  const { quality, people, named } = open();
  expect(people.ids.peek().size).toBe(0);
  await named;
  expect([...people.ids.peek()]).toEqual(["ada"]);
  quality.value = new Map([["ada", 1], ["tom", 4]]);
  expect(people.ids.peek().size).toBe(0);
  people.close();
});

Deno.test("Nobody else is blamed while this page has no link itself", async () => {
  const { online, people, named } = open();
  await named;
  online.value = false;
  expect(people.ids.peek().size).toBe(0);
  people.close();
});
