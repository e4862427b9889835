/** A lesson through the media process, amid junk from strangers on real sockets. */
import { expect } from "@std/expect";
import { openLinuxSocket } from "../../server/sfu/io/linux.ts";
import { startLectern } from "../bench/sfu/lectern.ts";
import { Connect, turn } from "../bench/sfu/servers.ts";
import { LoadStream, type Traffic } from "../bench/sfu/stream.ts";
import { Random } from "../fuzz/guard/random.ts";
import { until } from "../support/until.ts";

const SEED = 20_261_123;
const PACKETS = 200;
const JUNK_A_PACKET = 64;
const SSRC = 4242;
const VOICE: Traffic = { kind: "audio", burst: 1, packetsPerSecond: 50, payloadBytes: 80 };
const WAIT_MS = 30_000;

/** What begins like STUN, DTLS, RTP, RTCP and like nothing, and what is well-formed as far as a stranger can make it. */
const JUNK: ((bytes: Uint8Array, view: DataView) => void)[] = [
  ...[0, 1, 22, 63, 128, 129, 191, 255].map((first) => (bytes: Uint8Array) => {
    bytes[0] = first;
  }),
  // RTP of the lesson's own stream.
  (_, view) => {
    view.setUint16(0, 0x806f);
    view.setUint32(8, SSRC);
  },
  // A sender report.
  (_, view) => {
    view.setUint16(0, 0x80c8);
    view.setUint32(4, SSRC);
  },
  // A binding request with the right length and cookie.
  (bytes, view) => {
    view.setUint16(0, 1);
    view.setUint16(2, bytes.length - 20);
    view.setUint32(4, 0x2112a442);
  },
  // The beginning of a DTLS handshake.
  (bytes) => bytes.set([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0]),
];

Deno.test({
  name:
    "every packet of a lesson arrives amid a flood from strangers, who are counted and leave nothing behind",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const random = new Random(SEED);
    await using server = await startLectern({ v8Flags: [] });
    const connect = new Connect();
    const strangers = Array.from(
      { length: 20 },
      (_, i) => openLinuxSocket({ address: `127.0.2.${1 + i}`, port: 0 }),
    );
    try {
      const room = await server.createRoom();
      const publication = await server.publish(room, VOICE.kind, SSRC, connect);
      const listener = await server.subscribe(room, publication, connect);
      let heard = 0;
      listener.onPayload = () => heard++;
      const { address, port } = publication.path.server!;
      const before = await server.counters!();

      const voice = new LoadStream(publication.path, SSRC, VOICE);
      let dueMs = 0;
      voice.begin(dueMs, 0);
      for (let packet = 1; packet <= PACKETS; packet++) {
        const stranger = strangers[packet % strangers.length]!;
        const target = stranger.remote(address, port);
        for (let i = 0; i < JUNK_A_PACKET; i++) {
          const { bytes, view } = stranger.slot();
          const length = 24 + 4 * random.below(290);
          for (let at = 0; at < length; at++) bytes[at] = random.below(256);
          JUNK[i % JUNK.length]!(bytes.subarray(0, length), view);
          stranger.commit(length, target);
          if (i === JUNK_A_PACKET / 2) dueMs = voice.step(dueMs);
        }
        stranger.flush();
        const limitMs = performance.now() + WAIT_MS;
        while (heard < packet && performance.now() < limitMs) {
          connect.serve(5);
          await turn();
        }
        expect({ seed: SEED, heard }).toEqual({ seed: SEED, heard: packet });
      }

      const rejected = async () => {
        const after = await server.counters!();
        const more = (name: string) => after[name]! - before[name]!;
        return more("datagramsRejected") + more("stunRejected");
      };
      await until(async () => await rejected() >= PACKETS * JUNK_A_PACKET, {
        what: "all junk is counted",
      });
      expect(await rejected()).toBe(PACKETS * JUNK_A_PACKET);
      const { routers, transports, rtpForwarded, rtpRejected, rtpUnknown, dtlsFailures } =
        await server.counters!();
      expect({ routers, transports, rtpForwarded, rtpRejected, rtpUnknown, dtlsFailures }).toEqual({
        routers: 1,
        transports: 2,
        rtpForwarded: PACKETS,
        rtpRejected: 0,
        rtpUnknown: 0,
        dtlsFailures: 0,
      });
      for (const stranger of strangers) expect(await stranger.waitReadable(0)).toBe(false);
    } finally {
      for (const stranger of strangers) stranger.close();
      connect.close();
    }
  },
});
