/** A server that shows one moment of an encrypted recording in another's place. */
import { Buffer } from "node:buffer";
import { expect } from "@std/expect";
import type { Route } from "playwright-core";
import { readClusters } from "../../client/pages/replay/decryption/clusters.ts";
import { type Block, writeCluster } from "../../rooms/contract/recording/webm.ts";
import { manifestSchema, type TrackManifest } from "../../rooms/contract/recording/manifest.ts";
import { linkOf, until } from "../support/browser/lectern.ts";
import { byId, enterBoth, lessonTests, seesAndHears } from "../support/browser/lesson.ts";
import { seek } from "../support/browser/replay_page.ts";

const test = lessonTests();

const LESSON_MS = 10_000;
/** From here on the camera shows what it showed at the beginning. */
const FROM_MS = 7000;

test("a server that shows one moment of an encrypted recording in another's place is told of, and isn't believed", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { mia, ada } = await enterBoth(browser, booking);
  for (const page of [mia, ada]) await seesAndHears(page);
  const invite = new URLSearchParams(new URL(linkOf(booking, "Mia")).hash.slice(1)).get("invite")!;
  const { recordings: [{ recordingId }] } = await (await lectern.api("GET", "/recordings")).json();
  const get = (path: string) =>
    fetch(`${lectern.origin}/api/recordings/${recordingId}${path}`, {
      headers: { authorization: `Bearer ${invite}` },
    });
  const tracks = async () => manifestSchema.parse(await (await get("")).json()).tracks;
  const cameras = (tracks: TrackManifest[]) => tracks.filter(({ source }) => source === "video");
  await until(
    async () => cameras(await tracks()),
    (cameras) => cameras.length === 2 && cameras.every(({ durationMs }) => durationMs > LESSON_MS),
    60_000,
  );
  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "ended").waitFor();
  const [camera] = cameras(await tracks()) as [TrackManifest];
  const begins = await blocksOf(camera);
  await mia.route(
    (url) => url.pathname.endsWith(`/tracks/${camera.trackId}/clusters`),
    async (route: Route) => {
      const answer = await route.fetch();
      if (answer.status() !== 200) return await route.fulfill({ response: answer });
      const clusters = readClusters(new Uint8Array(await answer.body()))!;
      const moved = clusters.map((blocks) => blocks.map((block) => inPlaceOf(block, begins)));
      const bytes = moved.map((blocks) => Buffer.from(writeCluster(blocks)));
      await route.fulfill({ response: answer, body: Buffer.concat(bytes) });
    },
  );
  await mia.getByRole("link", { name: "Watch the lesson" }).click();
  await byId(mia, "replay").waitFor();
  await seek(mia, camera.startMs + 1000);
  await byId(mia, "play").click();
  await byId(mia, "misplaced").filter({ hasText: "came from another moment" }).waitFor();
  await byId(mia, "misplaced").getByRole("button", { name: "Close" }).click();

  // What is saved ends where the lie begins, and nothing is said again.
  await byId(mia, "downloads").click();
  const saving = mia.waitForEvent("download");
  await byId(mia, "download-track")
    .filter({ hasText: "camera" })
    .first()
    .click();
  const file = await Deno.readFile(await (await saving).path());
  const kept = readClusters(file.subarray(camera.headerBytes))!.flat();
  expect(kept.length).toBeGreaterThan(0);
  expect(Math.max(...kept.map(({ atMs }) => atMs))).toBeLessThan(FROM_MS);
  expect(await byId(mia, "misplaced").count()).toBe(0);

  async function blocksOf({ trackId, startMs }: TrackManifest): Promise<Block[]> {
    const answer = await get(
      `/tracks/${trackId}/clusters?from=${startMs}&to=${startMs + FROM_MS - 2000}`,
    );
    return readClusters(await answer.bytes())!.flat();
  }
});

/** A block that says what was said at the beginning, from {@linkcode FROM_MS} on. */
function inPlaceOf(block: Block, begins: readonly Block[]): Block {
  if (block.atMs < FROM_MS) return block;
  const other = begins.find(({ atMs }) => atMs >= block.atMs - FROM_MS) ?? begins.at(-1)!;
  return { ...block, keyFrame: other.keyFrame, data: other.data };
}
