import { expect } from "@std/expect";
import { findExtension, type RtpHeader } from "../packets/rtp.ts";
import type { RtcpPacket } from "../packets/rtcp.ts";
import { dtlsHello } from "../testing/simulated_network.ts";
import {
  CAMERA_SSRC,
  DELTA_FRAME,
  FINGERPRINT,
  KEY_FRAME,
  Lesson,
} from "../testing/simulated_lesson.ts";

const sequences = (rtp: { header: RtpHeader }[]) => rtp.map(({ header }) => header.sequence);

Deno.test("packets reach a consumer under its own numbers, from a key frame on", () => {
  const lesson = new Lesson();
  const consumer = lesson.consume(lesson.produceCamera());
  lesson.publish({ sequence: 65_533 });
  lesson.publish({ sequence: 65_534, payload: KEY_FRAME });
  lesson.publish({ sequence: 65_535 });
  lesson.publish({ sequence: 0, extension: [13, 3] });
  const { rtp } = lesson.take(lesson.bob.remote);
  expect(rtp).toHaveLength(3);
  const first = rtp[0]!.header;
  expect(first).toMatchObject({ ssrc: consumer.ssrc, payloadType: 101 });
  expect(sequences(rtp)).toEqual([first.sequence, first.sequence + 1, first.sequence + 2]);
  expect(rtp.map(({ payload }) => payload)).toEqual([KEY_FRAME, DELTA_FRAME, DELTA_FRAME]);
  expect((rtp[1]!.header.timestamp - first.timestamp) >>> 0).toBe(3000);
  // How a picture is turned isn't negotiated, and isn't passed on where it is sent all the same.
  const oriented = rtp[2]!;
  for (let id = 1; id < 15; id++) {
    const at = findExtension(oriented.bytes, oriented.header, id, 1);
    if (at >= 0) expect({ id, value: oriented.bytes[at] }).not.toEqual({ id, value: 3 });
  }
});

Deno.test("a new consumer's key frame request goes out once, and again only unanswered", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceCamera();
  for (let i = 0; i < 5; i++) lesson.consume(producerId);
  lesson.pass(50);
  const requests = () =>
    lesson.take(lesson.ada.remote).rtcp.filter(({ type }) => type === "picture-loss");
  expect(requests()).toEqual([
    { type: "picture-loss", senderSsrc: 1, mediaSsrc: CAMERA_SSRC },
  ]);
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  lesson.pass(3000);
  expect(requests()).toEqual([]);
});

Deno.test("consumers of one transport never share a media id, not even with a closed one", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceCamera();
  const transport = lesson.core.createTransport(lesson.routerId, "recv");
  const consume = () =>
    lesson.core.consume(transport.id, {
      producerId,
      rtpCapabilities: lesson.core.routerRtpCapabilities,
    });
  const first = consume();
  const second = consume();
  lesson.core.closeConsumer(first.id);
  const mids = [first, second, consume()].map(({ rtpParameters }) => rtpParameters.mid);
  expect(mids).toEqual(["0", "1", "2"]);
});

Deno.test("key frames are asked for once the receiving transport is connected", () => {
  const lesson = new Lesson();
  const transport = lesson.core.createTransport(lesson.routerId, "recv");
  const options = lesson.core.consume(transport.id, {
    producerId: lesson.produceCamera(),
    rtpCapabilities: lesson.core.routerRtpCapabilities,
  });
  lesson.core.setConsumerPaused(options.id, false);
  lesson.pass(500);
  expect(lesson.take(lesson.ada.remote).rtcp).toEqual([]);
  const remote = lesson.socket.remote("203.0.113.9", 5);
  lesson.check(transport.iceParameters, remote);
  lesson.core.connectTransport(transport.id, {
    fingerprints: [{ algorithm: "sha-256", value: FINGERPRINT.toLowerCase() }],
  });
  lesson.deliver(dtlsHello(FINGERPRINT), remote);
  lesson.pass(20);
  expect(lesson.take(lesson.ada.remote).rtcp.map(({ type }) => type)).toEqual(["picture-loss"]);
});

Deno.test("nothing of a paused producer is forwarded, and it resumes without a gap", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceCamera();
  lesson.consume(producerId);
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  lesson.publish({ sequence: 2 });
  const before = lesson.take(lesson.bob.remote).rtp;
  lesson.core.setProducerPaused(producerId, true);
  for (let sequence = 3; sequence < 100; sequence++) {
    lesson.publish({ sequence, payload: KEY_FRAME });
  }
  lesson.report([{ type: "nack", senderSsrc: 1, mediaSsrc: 1, sequences: [3] }], lesson.bob.remote);
  expect(lesson.take(lesson.bob.remote).rtp).toEqual([]);
  lesson.core.setProducerPaused(producerId, false);
  lesson.publish({ sequence: 100 });
  lesson.publish({ sequence: 101, payload: KEY_FRAME });
  lesson.publish({ sequence: 99, payload: KEY_FRAME });
  const after = lesson.take(lesson.bob.remote).rtp;
  expect(sequences(after)).toEqual([before[1]!.header.sequence + 1]);
});

Deno.test("a consumer that misses a packet gets it again on its retransmission stream", () => {
  const lesson = new Lesson();
  const consumer = lesson.consume(lesson.produceCamera());
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  lesson.publish({ sequence: 2, payload: [...DELTA_FRAME, 7, 7] });
  const [, missed] = lesson.take(lesson.bob.remote).rtp;
  const { sequence } = missed!.header;
  const nack: RtcpPacket = {
    type: "nack",
    senderSsrc: 1,
    mediaSsrc: consumer.ssrc,
    sequences: [sequence, sequence + 1, sequence - 100],
  };
  lesson.report([nack], lesson.bob.remote);
  const { rtp } = lesson.take(lesson.bob.remote);
  expect(rtp).toHaveLength(1);
  expect(rtp[0]!.header).toMatchObject({
    ssrc: consumer.rtxSsrc,
    payloadType: 102,
    timestamp: missed!.header.timestamp,
  });
  expect(rtp[0]!.payload).toEqual([sequence >> 8, sequence & 255, ...DELTA_FRAME, 7, 7]);
});

Deno.test("a consumer without a retransmission stream gets the very same packet again", () => {
  const lesson = new Lesson();
  const consumer = lesson.consume(lesson.produceCamera(), {
    codecs: [{ kind: "video", mimeType: "video/VP8", clockRate: 90000 }],
  });
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  const [sent] = lesson.take(lesson.bob.remote).rtp;
  lesson.report([{
    type: "nack",
    senderSsrc: 1,
    mediaSsrc: consumer.ssrc,
    sequences: [sent!.header.sequence],
  }], lesson.bob.remote);
  expect(lesson.take(lesson.bob.remote).rtp[0]!.bytes).toEqual(sent!.bytes);
});
