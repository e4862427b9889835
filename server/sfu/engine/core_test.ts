import { expect } from "@std/expect";
import { MediaError } from "../media_engine.ts";
import { CONSENT_MS, QUIET_MS } from "./ice.ts";
import { findExtension, type RtpHeader } from "../packets/rtp.ts";
import type { RtcpPacket } from "../packets/rtcp.ts";
import { dtlsHello, protect } from "../testing/simulated_network.ts";
import {
  CAMERA,
  CAMERA_RTX_SSRC,
  CAMERA_SSRC,
  DELTA_FRAME,
  FINGERPRINT,
  KEY_FRAME,
  Lesson,
  MICROPHONE_SSRC,
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
  const oriented = rtp[2]!;
  expect(oriented.bytes[findExtension(oriented.bytes, oriented.header, 11, 1)]).toBe(3);
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

Deno.test("a publisher is asked for lost packets, and its retransmission takes the lost place", () => {
  const lesson = new Lesson();
  lesson.consume(lesson.produceCamera());
  lesson.publish({ sequence: 10, payload: KEY_FRAME });
  lesson.publish({ sequence: 13 });
  lesson.pass(20);
  const asked = lesson.take(lesson.ada.remote).rtcp.filter(({ type }) => type === "nack");
  expect(asked).toEqual([
    { type: "nack", senderSsrc: 1, mediaSsrc: CAMERA_SSRC, sequences: [11, 12] },
  ]);
  lesson.publish({
    ssrc: CAMERA_RTX_SSRC,
    payloadType: 97,
    sequence: 500,
    timestamp: 11 * 3000,
    payload: [0, 11, ...DELTA_FRAME, 9],
  });
  // The original comes after all: it must not be sent a second time under the same number.
  lesson.publish({ sequence: 11, payload: [...DELTA_FRAME, 8] });
  lesson.publish({ sequence: 14 });
  const { rtp } = lesson.take(lesson.bob.remote);
  expect(rtp.map(({ payload }) => payload)).toEqual([[...DELTA_FRAME, 9], DELTA_FRAME]);
  const [repaired, next] = sequences(rtp);
  expect(next! - repaired!).toBe(3);
});

Deno.test("padding on the retransmission stream is counted for feedback and not forwarded", () => {
  const lesson = new Lesson();
  lesson.consume(lesson.produceCamera());
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  lesson.take(lesson.bob.remote);
  lesson.publish({
    ssrc: CAMERA_RTX_SSRC,
    payloadType: 97,
    sequence: 7,
    payload: [],
    extension: [3, 0, 77],
  });
  expect(lesson.take(lesson.bob.remote).rtp).toEqual([]);
  lesson.pass(200);
  const feedback = lesson.take(lesson.ada.remote).rtcp.find((packet) =>
    packet.type === "transport-feedback"
  );
  expect(feedback).toMatchObject({ baseSequence: 77 });
});

Deno.test("publishers get feedback every 100 ms and reception reports every second", () => {
  const lesson = new Lesson();
  lesson.produceCamera();
  for (let i = 0; i < 200; i++) {
    lesson.publish({ sequence: i, extension: [3, i >> 8, i & 255] });
    lesson.pass(10);
  }
  lesson.pass(100);
  const { rtcp } = lesson.take(lesson.ada.remote);
  const feedback = rtcp.filter((packet) => packet.type === "transport-feedback");
  expect(feedback.length).toBeGreaterThanOrEqual(18);
  expect(feedback.flatMap(({ arrivals }) => arrivals)).toHaveLength(200);
  const reports = rtcp.filter((packet) => packet.type === "receiver-report");
  expect(reports).toHaveLength(3);
  expect(reports[1]!.reports[0]).toMatchObject({ ssrc: CAMERA_SSRC, fractionLost: 0 });
});

Deno.test("a speaker's encoder learns the loss of whoever hears worst, and its counts stay those of its own path", () => {
  const lesson = new Lesson();
  const { ssrc } = lesson.consume(lesson.produceMicrophone());
  const lossTold = () =>
    lesson.take(lesson.ada.remote).rtcp
      .flatMap((packet) => packet.type === "receiver-report" ? packet.reports : []).at(-1);
  let sequence = 0;
  const speak = (ms: number) => {
    for (let spoken = 0; spoken < ms; spoken += 20) {
      lesson.publish({ ssrc: MICROPHONE_SSRC, payloadType: 111, sequence: sequence++ });
      lesson.pass(20);
    }
  };
  speak(1100);
  expect(lossTold()).toMatchObject({ ssrc: MICROPHONE_SSRC, fractionLost: 0 });
  const heard = {
    ssrc,
    fractionLost: 26,
    cumulativeLost: 5,
    highestSequence: 50,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  };
  lesson.report([{ type: "receiver-report", ssrc: 9, reports: [heard] }], lesson.bob.remote);
  speak(1100);
  expect(lossTold()).toMatchObject({ ssrc: MICROPHONE_SSRC, fractionLost: 26, cumulativeLost: 0 });
  // Who has gone or reports no more counts no more.
  speak(8000);
  expect(lossTold()).toMatchObject({ fractionLost: 0 });
});

Deno.test("sender reports reach consumers in their own numbers", () => {
  const lesson = new Lesson();
  const consumer = lesson.consume(lesson.produceCamera());
  lesson.publish({ sequence: 1, timestamp: 90_000, payload: KEY_FRAME });
  const [sent] = lesson.take(lesson.bob.remote).rtp;
  lesson.report([{
    type: "sender-report",
    ssrc: CAMERA_SSRC,
    ntpHigh: 0xe0001234,
    ntpLow: 0x80000000,
    rtpTimestamp: 99_000,
    packets: 900,
    octets: 1000,
    reports: [],
  }], lesson.ada.remote);
  lesson.pass(1000);
  const { rtcp } = lesson.take(lesson.bob.remote);
  // At the next turn, 10 ms later.
  expect(rtcp).toEqual([
    {
      type: "sender-report",
      ssrc: consumer.ssrc,
      ntpHigh: 0xe0001234,
      ntpLow: 0x80000000 + Math.round(0.01 * 2 ** 32),
      rtpTimestamp: (sent!.header.timestamp + 9000 + 900) >>> 0,
      packets: 1,
      octets: 2,
      reports: [],
    },
    { type: "source-description", ssrc: consumer.ssrc, cname: lesson.ada.id },
  ]);
});

Deno.test("consumers get a sender report a second while packets are sent, with the publisher's clock as it goes on", () => {
  const lesson = new Lesson();
  const consumer = lesson.consume(lesson.produceMicrophone());
  const sound = { ssrc: MICROPHONE_SSRC, payloadType: 111 };
  lesson.publish({ ...sound, sequence: 0 });
  lesson.report([{
    type: "sender-report",
    ssrc: MICROPHONE_SSRC,
    ntpHigh: 0xffffffff,
    ntpLow: 0xf0000000,
    rtpTimestamp: 0xffffff00,
    packets: 1,
    octets: 2,
    reports: [],
  }], lesson.ada.remote);
  for (let sequence = 1; sequence <= 250; sequence++) {
    lesson.pass(20);
    lesson.publish({ ...sound, sequence });
  }
  const reports = () =>
    lesson.take(lesson.bob.remote).rtcp.filter((packet) => packet.type === "sender-report");
  const told = reports();
  expect(told.map(({ ssrc }) => ssrc)).toEqual(Array(5).fill(consumer.ssrc));
  const seconds = ({ ntpHigh, ntpLow }: (typeof told)[number]) => ntpHigh + ntpLow / 2 ** 32;
  for (const [i, later] of told.slice(1).entries()) {
    const earlier = told[i]!;
    // The clock's seconds and the timestamps wrap, and go on together.
    const passed = (seconds(later) - seconds(earlier) + 2 ** 32) % 2 ** 32;
    const ticks = (later.rtpTimestamp - earlier.rtpTimestamp) >>> 0;
    expect(passed).toBeGreaterThanOrEqual(1);
    expect(Math.abs(ticks / 48_000 - passed)).toBeLessThan(0.0001);
  }
  // Silence has nothing to report.
  lesson.pass(1000);
  reports();
  lesson.pass(10_000);
  expect(reports()).toEqual([]);
});

Deno.test("who speaks is told by the level of the packets, and a muted microphone is silent", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceMicrophone();
  let sequence = 0;
  const speak = (ms: number) => {
    for (let i = 0; i < ms / 20; i++) {
      lesson.publish({
        ssrc: MICROPHONE_SSRC,
        payloadType: 111,
        sequence: sequence++,
        payload: [1],
        extension: [14, 0x80 | 20],
      });
      lesson.pass(20);
    }
  };
  const speakers = () => lesson.events.findLast((event) => event.type === "speakers")?.speakers;
  speak(1000);
  expect(speakers()?.map((speaker) => speaker.producerId)).toEqual([producerId]);
  lesson.core.setProducerPaused(producerId, true);
  speak(1000);
  expect(speakers()).toEqual([]);
});

Deno.test("layers without a signalled ssrc are learnt from mid and rid", () => {
  const lesson = new Lesson();
  const { encodings: _, ...rest } = CAMERA;
  lesson.consume(lesson.produceCamera({ ...rest, encodings: [{ rid: "lo" }, { rid: "hi" }] }));
  const packet = { ssrc: 77, payload: KEY_FRAME };
  // Mid "0" and rid "hi", as one-byte elements.
  const withRid = (sequence: number, forged: boolean) => {
    const elements = [4 << 4, 0x30, 10 << 4 | 1, 0x68, 0x69, 0, 0, 0];
    const bytes = Uint8Array.of(
      ...[0x90, 96, 0, sequence, 0, 0, 0, 0, 0, 0, 0, 77, 0xbe, 0xde, 0, 2],
      ...elements,
      ...KEY_FRAME,
    );
    lesson.deliver(forged ? bytes : protect(bytes), lesson.ada.remote);
  };
  withRid(1, true);
  lesson.publish({ ...packet, sequence: 2 });
  expect(lesson.take(lesson.bob.remote).rtp).toEqual([]);
  withRid(3, false);
  lesson.publish({ ...packet, sequence: 4 });
  expect(lesson.take(lesson.bob.remote).rtp).toHaveLength(1);
});

Deno.test("RTP before produce, forged RTP and RTP from strangers is counted and goes nowhere", () => {
  const lesson = new Lesson();
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  expect(lesson.core.counters()["rtpUnknown"]).toBe(1);
  lesson.consume(lesson.produceCamera());
  lesson.take(lesson.bob.remote);
  lesson.publish({ sequence: 2, payload: KEY_FRAME, forged: true });
  lesson.publish({ sequence: 3, payload: KEY_FRAME, from: lesson.socket.remote("6.6.6.6", 6) });
  expect(lesson.socket.take()).toEqual([]);
  expect(lesson.core.counters()).toMatchObject({ rtpRejected: 1, datagramsRejected: 1 });
});

Deno.test("a certificate other than announced closes the transport and everything on it", () => {
  const lesson = new Lesson();
  const transport = lesson.core.createTransport(lesson.routerId, "send");
  const remote = lesson.socket.remote("203.0.113.9", 5);
  lesson.check(transport.iceParameters, remote);
  lesson.deliver(dtlsHello("EE".repeat(32)), remote);
  lesson.core.connectTransport(transport.id, {
    fingerprints: [{ algorithm: "sha-256", value: FINGERPRINT }],
  });
  expect(lesson.events).toContainEqual({ type: "transportClosed", transportId: transport.id });
  expect(() => lesson.core.closeTransport(transport.id)).toThrow(MediaError);
  lesson.socket.take();
  lesson.check(transport.iceParameters, remote);
  expect(lesson.socket.take()).toEqual([]);
});

Deno.test("a silent peer's transport is closed 30 s after its last check, with what it published", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceCamera();
  const consumer = lesson.consume(producerId);
  for (let i = 0; i < 15; i++) {
    lesson.pass(2000);
    lesson.check(lesson.bob.iceParameters, lesson.bob.remote);
  }
  expect(lesson.events.filter(({ type }) => type === "transportClosed")).toEqual([]);
  lesson.pass(CONSENT_MS - 28_000);
  expect(lesson.events.filter(({ type }) => type.endsWith("Closed"))).toEqual([
    { type: "consumerClosed", consumerId: consumer.id },
    { type: "producerClosed", producerId },
    { type: "transportClosed", transportId: lesson.ada.id },
  ]);
});

Deno.test("closing a producer tells its consumers and nothing else", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceCamera();
  const consumer = lesson.consume(producerId);
  lesson.events.length = 0;
  lesson.core.closeProducer(producerId);
  expect(lesson.events).toEqual([{ type: "consumerClosed", consumerId: consumer.id }]);
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  expect(lesson.take(lesson.bob.remote).rtp).toEqual([]);
  expect(lesson.produceCamera()).not.toBe(producerId);
});

Deno.test("an address change under restarted ICE moves the media when it is nominated", () => {
  const lesson = new Lesson();
  lesson.consume(lesson.produceCamera());
  const restarted = lesson.core.restartIce(lesson.bob.id);
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  expect(lesson.take(lesson.bob.remote).rtp).toHaveLength(1);
  const cafe = lesson.socket.remote("203.0.113.77", 9);
  lesson.check(restarted, cafe);
  lesson.publish({ sequence: 2 });
  expect(lesson.take(cafe).rtp).toHaveLength(1);
});

Deno.test("impossible wishes are refused with a reason", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceCamera();
  const rtpCapabilities = lesson.core.routerRtpCapabilities;
  expect(() => lesson.produceCamera()).toThrow("in use");
  expect(() => lesson.core.consume(lesson.bob.id, { producerId: "none", rtpCapabilities }))
    .toThrow("no producer");
  expect(() => lesson.core.consume(lesson.ada.id, { producerId, rtpCapabilities }))
    .toThrow("made for sending");
  expect(() =>
    lesson.core.produce(lesson.bob.id, {
      kind: "video",
      rtpParameters: CAMERA,
      paused: false,
    })
  ).toThrow("made for receiving");
  expect(() =>
    lesson.core.connectTransport(lesson.bob.id, {
      fingerprints: [{ algorithm: "sha-256", value: FINGERPRINT }],
    })
  ).toThrow("already");
  for (let i = 0; i < 600; i++) {
    try {
      lesson.core.createTransport(lesson.routerId, "send");
    } catch (error) {
      expect(error).toMatchObject({ code: "unavailable" });
      expect(i).toBe(510);
      return;
    }
  }
  throw new Error("no bound was reached");
});

Deno.test("closing a router leaves nothing behind", () => {
  const lesson = new Lesson();
  lesson.consume(lesson.produceCamera());
  lesson.events.length = 0;
  lesson.core.closeRouter(lesson.routerId);
  expect(lesson.events).toEqual([]);
  expect(lesson.core.counters()).toMatchObject({ routers: 0, transports: 0 });
  expect(lesson.core.idle).toBe(true);
  lesson.socket.take();
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  lesson.check(lesson.ada.iceParameters, lesson.ada.remote);
  expect(lesson.socket.take()).toEqual([]);
});

Deno.test("a connection that loses a tenth is called poor, with its figures, and good again when it heals", () => {
  const lesson = new Lesson();
  lesson.produceCamera();
  const told = () =>
    lesson.events.splice(0).flatMap((event) =>
      event.type === "quality"
        ? event.transports.filter(({ transportId }) => transportId === lesson.ada.id)
        : []
    );
  let sequence = 0;
  const send = (seconds: number, lost: (n: number) => boolean) => {
    for (let n = 0; n < seconds * 50; n++) {
      sequence++;
      if (!lost(n)) lesson.publish({ sequence, timestamp: (lesson.nowMs * 90) >>> 0 });
      lesson.pass(20);
    }
  };
  send(4, () => false);
  expect(told()).toMatchObject([{ grade: "good", lost: 0 }]);
  send(6, (n) => n % 8 === 0);
  const [poor] = told();
  expect(poor).toMatchObject({ grade: "poor" });
  expect(poor!.lost).toBeGreaterThan(0.08);
  send(6, () => false);
  expect(told()).toMatchObject([{ grade: "good" }]);
});

Deno.test("of a peer who misses a check it is told that they are quiet, and soon after the next that they aren't", () => {
  const lesson = new Lesson();
  const told = () => lesson.events.splice(0).filter(({ type }) => type === "transportQuiet");
  const passChecking = (seconds: number, who: readonly (typeof lesson.ada)[]) => {
    for (let second = 0; second < seconds; second++) {
      for (const { iceParameters, remote } of who) lesson.check(iceParameters, remote);
      lesson.pass(1000);
    }
  };
  passChecking(20, [lesson.ada, lesson.bob]);
  expect(told()).toEqual([]);
  passChecking(QUIET_MS / 1000 + 3, [lesson.bob]);
  expect(told()).toEqual([{ type: "transportQuiet", transportId: lesson.ada.id, quiet: true }]);
  passChecking(3, [lesson.ada, lesson.bob]);
  expect(told()).toEqual([{ type: "transportQuiet", transportId: lesson.ada.id, quiet: false }]);
});
