import { expect } from "@std/expect";
import {
  CAMERA_RTX_SSRC,
  CAMERA_SSRC,
  DELTA_FRAME,
  KEY_FRAME,
  Lesson,
  MICROPHONE_SSRC,
} from "../testing/simulated_lesson.ts";

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
  const [repaired, next] = rtp.map(({ header }) => header.sequence);
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
  const audio = { ssrc: MICROPHONE_SSRC, payloadType: 111 };
  lesson.publish({ ...audio, sequence: 0 });
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
    lesson.publish({ ...audio, sequence });
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
