import { expect } from "@std/expect";
import { readTrailer } from "./frame.ts";
import { FrameSealer } from "./sealer.ts";
import { makeSecret } from "./secret.ts";

Deno.test("Nothing is handed out to be sent before there is an epoch, and no empty frame", async () => {
  const sealer = new FrameSealer({ participantId: "tara", sender: 7 });
  const audio = new Uint8Array([0x78]);
  expect(await sealer.seal(audio, "audio")).toBeUndefined();
  await sealer.enter(await makeSecret());
  expect(await sealer.seal(new Uint8Array(), "audio")).toBeUndefined();
  expect(readTrailer((await sealer.seal(audio, "audio"))!)?.counter).toBe(1);
});

Deno.test("Frames of several sources that are sealed at once, over a change of epoch too, never share a counter", async () => {
  const sealer = new FrameSealer({ participantId: "tara", sender: 7 });
  await sealer.enter(await makeSecret());
  const video = new Uint8Array(200).fill(3);
  let entering: Promise<void> | null = null;
  const sealing = Array.from({ length: 300 }, (_, count) => {
    if (count === 150) entering = makeSecret().then((secret) => sealer.enter(secret));
    return sealer.seal(video, count % 2 === 0 ? "video" : "screen");
  });
  const counters = (await Promise.all(sealing)).map((frame) => readTrailer(frame!)!.counter);
  await entering;
  expect(new Set(counters).size).toBe(300);
});
