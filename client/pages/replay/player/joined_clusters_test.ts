import { expect } from "@std/expect";
import { BufferSource, EncodedPacketSink, Input, WEBM } from "mediabunny";
import {
  type Block,
  writeCluster,
  writeHeader,
} from "../../../../rooms/contract/recording/webm.ts";
import { joinClusters } from "./joined_clusters.ts";

const header = writeHeader({ kind: "video", codec: "vp8", width: 320, height: 180 });
const block = (atMs: number, keyFrame = false): Block => ({
  atMs,
  keyFrame,
  data: new Uint8Array([atMs & 0xff, 1, 2, 3]),
});
const whole = (...clusters: Block[][]) =>
  new Uint8Array(clusters.flatMap((blocks) => [...writeCluster(blocks)]));

/** What another reader of WebM finds in a file. */
async function packetsOf(clusters: Uint8Array<ArrayBuffer>) {
  const input = new Input({
    formats: [WEBM],
    source: new BufferSource(new Uint8Array([...header, ...clusters])),
  });
  const track = (await input.getPrimaryVideoTrack())!;
  const packets = [];
  for await (const packet of new EncodedPacketSink(track).packets()) {
    packets.push({
      atMs: Math.round(packet.timestamp * 1000),
      type: packet.type,
      data: [...packet.data],
    });
  }
  input.dispose();
  return packets;
}

Deno.test("joined clusters hold the same pictures at the same times, key frames and others", async () => {
  const clusters = whole(
    [block(5000, true), block(5033), block(5180)],
    [block(5400), block(5433)],
    [block(7000, true)],
  );
  const joined = joinClusters(clusters, 7300);
  expect(await packetsOf(joined)).toEqual(await packetsOf(clusters));
  expect(await packetsOf(joinClusters(whole([block(9, true), block(40)]), 90)))
    .toEqual(await packetsOf(whole([block(9, true), block(40)])));
});

Deno.test("the last picture lasts until the next cluster, and not beyond what a stop may be", () => {
  const durationOf = (endMs: number) => {
    const joined = joinClusters(whole([block(100, true), block(140)]), endMs);
    const at = joined.lastIndexOf(0x9b);
    return Number(new DataView(joined.buffer).getBigUint64(at + 9));
  };
  expect(durationOf(220)).toBe(80);
  expect(durationOf(90_000)).toBe(1000);
  expect(durationOf(100)).toBe(1);
});

Deno.test("bytes that aren't clusters, and clusters too far apart for one, stay as they are", () => {
  const strange = new Uint8Array([1, 2, 3, 4]);
  expect(joinClusters(strange, 10)).toBe(strange);
  const far = whole([block(0, true)], [block(40_000, true)]);
  expect(joinClusters(far, 41_000)).toBe(far);
});
