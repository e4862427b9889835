import { expect } from "@std/expect";
import { type Block, writeCluster } from "../../../../rooms/contract/recording/webm.ts";
import { fromBase64Url, toBase64Url } from "../../../../rooms/contract/encryption/base64url.ts";
import { KeyRing } from "../../../../rooms/contract/encryption/key_ring.ts";
import { FrameSealer } from "../../../../rooms/contract/encryption/sealer.ts";
import { makeSecret } from "../../../../rooms/contract/encryption/secret.ts";
import { sealEnvelope } from "../../../../rooms/contract/encryption/wrapping.ts";
import { readClusters } from "./clusters.ts";
import { decryptClusters, joinClusters } from "./decrypt_clusters.ts";
import { FrameOrder } from "./frame_order.ts";
import { openAll, readKey } from "../../../encryption/recording_keys.ts";

/** Where the tests' clusters are from. */
const from = (source: "audio" | "video") => ({
  origin: { participantId: "tara", source },
  trackId: "1",
  startMs: 0,
});

const PAGE = { participantId: "tara", sender: 7 };

function picture(atMs: number, keyFrame: boolean, bytes: number): Block {
  const data = crypto.getRandomValues(new Uint8Array(bytes));
  data[0] = keyFrame ? data[0]! & 0xfe : data[0]! | 1;
  return { atMs, keyFrame, data };
}

async function sealed(blocks: readonly Block[], sealer: FrameSealer, source: "video" | "audio") {
  return await Promise.all(blocks.map(async (block) => ({
    ...block,
    data: (await sealer.seal(block.data.slice(), source))!,
  })));
}

Deno.test("Clusters are read as they were written", () => {
  const clusters = [
    [picture(0, true, 300), picture(33, false, 20_000), picture(900, false, 1)],
    [picture(70_000, true, 130), picture(102_767, false, 40)],
  ];
  expect(readClusters(joinClusters(clusters))).toEqual(clusters);
  expect(readClusters(new Uint8Array([1, 2, 3]))).toBeUndefined();
  expect(readClusters(writeCluster(clusters[0]!).slice(0, 200))).toBeUndefined();
});

Deno.test("Encrypted clusters become those that the sender's encoder made, times and all", async () => {
  const [first, second] = [await makeSecret(), await makeSecret()];
  const sealer = new FrameSealer(PAGE);
  const ring = new KeyRing();
  ring.add(first);
  ring.add(second);
  const blocks = [picture(0, true, 900), picture(33, false, 300), picture(66, false, 30)];
  await sealer.enter(first);
  const before = await sealed(blocks.slice(0, 2), sealer, "video");
  await sealer.enter(second);
  const after = await sealed(blocks.slice(2), sealer, "video");
  const bytes = writeCluster([...before, ...after]);
  const opened = await decryptClusters(bytes, from("video"), { ring, order: new FrameOrder() });
  expect(opened).toEqual({ clusters: [blocks], missing: new Set(), misplaced: false });
});

Deno.test("Without an epoch's key nothing is shown until the next key frame that there is one for", async () => {
  const [first, second] = [await makeSecret(), await makeSecret()];
  const sealer = new FrameSealer(PAGE);
  await sealer.enter(first);
  const unknown = await sealed([picture(0, true, 900)], sealer, "video");
  await sealer.enter(second);
  const blocks = [picture(33, false, 300), picture(66, true, 700), picture(99, false, 70)];
  const known = await sealed(blocks, sealer, "video");
  const ring = new KeyRing();
  ring.add(second);
  const opened = await decryptClusters(writeCluster([...unknown, ...known]), from("video"), {
    ring,
    order: new FrameOrder(),
  });
  expect(opened).toEqual({
    clusters: [blocks.slice(1)],
    missing: new Set([first.epoch]),
    misplaced: false,
  });
  const nothing = await decryptClusters(writeCluster(known), from("video"), {
    ring: new KeyRing(),
    order: new FrameOrder(),
  });
  expect(nothing?.clusters).toEqual([]);
});

Deno.test("A moment that is served in another's place is left out, up to the next key frame that stands in its own", async () => {
  const secret = await makeSecret();
  const ring = new KeyRing();
  ring.add(secret);
  const order = new FrameOrder();
  const sealer = new FrameSealer(PAGE);
  await sealer.enter(secret);
  const early = [picture(1000, true, 400), picture(1033, false, 90)];
  const sent = await sealed(early, sealer, "video");
  const late = [picture(30_000, true, 500), picture(30_033, false, 80)];
  const sentLate = await sealed(late, sealer, "video");
  const open = (blocks: readonly Block[]) =>
    decryptClusters(writeCluster(blocks), from("video"), { ring, order });
  expect(await open(sent)).toEqual({ clusters: [early], missing: new Set(), misplaced: false });
  const moved = sent.map((block, n) => ({ ...block, atMs: 29_900 + 33 * n }));
  expect(await open([...moved, ...sentLate]))
    .toEqual({ clusters: [late], missing: new Set(), misplaced: true });
  expect((await open(sent))?.clusters).toEqual([early]);
});

Deno.test("Sound that nobody encrypted isn't played, but for a byte of silence", async () => {
  const secret = await makeSecret();
  const sealer = new FrameSealer(PAGE);
  await sealer.enter(secret);
  const ring = new KeyRing();
  ring.add(secret);
  const sound = { atMs: 0, keyFrame: true, data: new Uint8Array([0x78, 1, 2, 3]) };
  const silence = { atMs: 20, keyFrame: true, data: new Uint8Array([0xf8]) };
  const forged = { atMs: 40, keyFrame: true, data: new Uint8Array(60).fill(9) };
  const cluster = writeCluster([...await sealed([sound], sealer, "audio"), silence, forged]);
  const opened = await decryptClusters(cluster, from("audio"), { ring, order: new FrameOrder() });
  expect(opened?.clusters).toEqual([[sound, silence]]);
});

Deno.test("Whoever holds the newest secret opens every envelope, in whatever order they come", async () => {
  const [old, newest, ...epochs] = await Promise.all(Array.from({ length: 6 }, makeSecret));
  const envelopes = await Promise.all(
    [...epochs.map((epoch) => [old!, epoch] as const), [newest!, old!] as const].map(
      async ([by, of]) => ({
        by: by.id,
        of: of.id,
        wrapped: toBase64Url(await sealEnvelope(by, of)),
      }),
    ),
  );
  const [held] = await readKey(toBase64Url(newest!.bytes));
  const known = await openAll([held!], envelopes);
  expect(new Set(known.keys())).toEqual(new Set([old!, newest!, ...epochs].map(({ id }) => id)));
  const lies = envelopes.map((envelope) => ({ ...envelope, of: epochs[0]!.id }));
  expect((await openAll([newest!], lies)).size).toBe(1);
  expect(await readKey("not a key")).toEqual([]);
  expect(fromBase64Url("?")).toBeUndefined();
});
