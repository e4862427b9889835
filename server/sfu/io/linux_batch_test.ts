import { expect } from "@std/expect";
import { BATCH, SendBatch } from "./linux_batch.ts";
import { NAME_BYTES } from "./libc.ts";

/** Couples datagrams of the given sizes and destinations; answers the sizes of each train, with where it goes. */
function trains(datagrams: [number, string][], segmentation = true): [string, number[]][] {
  const batch = new SendBatch();
  const names = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [length, to] of datagrams) {
    const name = names.getOrInsertComputed(
      to,
      () => new Uint8Array(NAME_BYTES).fill(to.charCodeAt(0)),
    );
    batch.free.bytes.fill(batch.count);
    batch.commit(length, name);
  }
  const result: [string, number[]][] = [];
  const count = batch.couple(segmentation);
  for (let train = 0; train < count; train++) {
    const carriages = Array.from(
      { length: batch.carriages(train) },
      (_, i) => batch.carriage(train, i),
    );
    const to = String.fromCharCode(carriages[0]!.name[0]!);
    result.push([to, carriages.map((carriage) => carriage.length)]);
  }
  expect(batch.count).toBe(0);
  batch.unpin();
  return result;
}

Deno.test("datagrams of one size to one address go as one train", () => {
  expect(trains([[1100, "a"], [1100, "a"], [1100, "a"]])).toEqual([["a", [1100, 1100, 1100]]]);
});

Deno.test("a shorter datagram ends its train, a longer one begins another", () => {
  expect(trains([[900, "a"], [900, "a"], [200, "a"], [900, "a"], [1000, "a"]])).toEqual([
    ["a", [900, 900, 200]],
    ["a", [900]],
    ["a", [1000]],
  ]);
});

Deno.test("datagrams to several addresses are coupled by address", () => {
  expect(trains([[500, "a"], [500, "b"], [500, "a"], [400, "b"], [500, "c"]])).toEqual([
    ["a", [500, 500]],
    ["b", [500, 400]],
    ["c", [500]],
  ]);
});

Deno.test("a train isn't longer than a datagram can be", () => {
  const all = trains(Array.from({ length: BATCH }, () => [1500, "a"]));
  expect(all.map(([, sizes]) => sizes.length)).toEqual([42, 22]);
});

Deno.test("without segmentation each datagram goes alone", () => {
  expect(trains([[500, "a"], [500, "a"], [500, "b"]], false))
    .toEqual([["a", [500]], ["a", [500]], ["b", [500]]]);
});
