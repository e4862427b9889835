import { expect } from "@std/expect";
import { GrowingBlob } from "./growing_blob.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

Deno.test("writes over what is there change it, wherever they lie", async () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  const wanted = new Uint8Array(400);
  const file = new GrowingBlob();
  let length = 0;
  for (let index = 0; index < 200; index++) {
    const position = random(300);
    const data = Uint8Array.from({ length: 1 + random(60) }, () => random(256));
    file.write({ data, position });
    wanted.set(data, position);
    length = Math.max(length, position + data.length);
  }
  const got = new Uint8Array(await file.blob("").arrayBuffer());
  expect({ seed, got }).toEqual({ seed, got: wanted.slice(0, length) });
});

Deno.test("what was never written is zeros", async () => {
  const file = new GrowingBlob();
  file.write({ data: bytes(7), position: 3 });
  expect(await file.blob("").bytes()).toEqual(bytes(0, 0, 0, 7));
});
