/**
 * What somebody with keys can make the server send by control traffic, in bytes, on simulated time: each storm runs
 * beside an honest lesson, and what is sent more than without it is held against the bytes of the storm.
 */
import { expect } from "@std/expect";
import { Random } from "../../tests/fuzz/guard/random.ts";
import { FIRST_NACK_BYTES, RTCP_FACTOR } from "./media_limits.ts";
import type { Remote } from "./ports.ts";
import { type ReportBlock, type RtcpPacket, writeRtcp } from "./packets/rtcp.ts";
import {
  CAMERA,
  CAMERA_SSRC,
  KEY_FRAME,
  Lesson,
  MICROPHONE_SSRC,
} from "./testing/simulated_lesson.ts";
import { protect, type SentDatagram, unprotect } from "./testing/simulated_network.ts";

const LESSON_MS = 12_000;
const RECEIVERS = 5;
/** Videos that the first receiver is sent besides. */
const MORE_CAMERAS = 6;
const STORM_MS = 30;
const MAX_COMPOUND_BYTES = 1200;
const RETRANSMISSION_PAYLOAD_TYPE = 102;

interface Receiver {
  remote: Remote;
  camera: number;
  microphone: number;
}

/** Everybody of a lesson, and how much was sent to them. */
class Classroom {
  readonly lesson = new Lesson();
  readonly receivers: Receiver[] = [];
  /** What the first receiver got of the video. */
  readonly videos: number[];
  stormBytes = 0;
  sentBytes = 0;
  /** To the first receiver: videos, and what was sent again of them. */
  videoBytes = 0;
  retransmittedBytes = 0;
  reports = 0;
  lastSequence = 0;

  constructor() {
    const { lesson } = this;
    this.videos = [];
    const more = Array.from(
      { length: MORE_CAMERAS },
      (_, i) => lesson.produceCamera({ ...CAMERA, encodings: [{ ssrc: 0xd0000001 + i }] }),
    );
    const producers = { camera: lesson.produceCamera(), microphone: lesson.produceMicrophone() };
    for (let i = 0; i < RECEIVERS; i++) {
      const { id, remote } = lesson.join("recv", 2000 + i);
      const consume = (producerId: string) => {
        const { core } = lesson;
        const rtpCapabilities = core.routerRtpCapabilities;
        const options = core.consume(id, { producerId, rtpCapabilities });
        core.setConsumerPaused(options.id, false);
        return options.rtpParameters.encodings[0]!.ssrc!;
      };
      const camera = consume(producers.camera);
      this.receivers.push({ remote, camera, microphone: consume(producers.microphone) });
      if (i === 0) this.videos.push(camera, ...more.map(consume));
    }
  }

  /** A lesson with this in it, every 10 ms. */
  hold(storm: (nowMs: number) => void): this {
    const { lesson } = this;
    for (let ms = 0; ms < LESSON_MS; ms += 10) {
      if (ms % 20 === 0) {
        const sequence = ms / 20;
        const payload = [...KEY_FRAME, ...Array<number>(100).fill(7)];
        if (sequence > 0) payload[1] = 1;
        lesson.publish({ sequence, payload });
        for (let i = 0; sequence < 5 && i < MORE_CAMERAS; i++) {
          lesson.publish({ sequence, payload: KEY_FRAME, ssrc: 0xd0000001 + i });
        }
        lesson.publish({ sequence, ssrc: MICROPHONE_SSRC, payloadType: 111 });
      }
      if (ms % 1000 === 0) lesson.report([report(CAMERA_SSRC), report(MICROPHONE_SSRC)], this.ada);
      storm(ms);
      lesson.pass(10);
      if (ms % 5000 === 0) this.consent();
      for (const datagram of lesson.socket.take()) this.count(datagram);
    }
    return this;
  }

  get ada(): Remote {
    return this.lesson.ada.remote;
  }

  consent(): void {
    // Its answers are no part of what is counted.
    this.lesson.check(this.lesson.ada.iceParameters, this.ada);
  }

  count({ bytes, to }: SentDatagram): void {
    const plain = unprotect(bytes);
    if (plain === undefined) return;
    this.sentBytes += bytes.length;
    if (plain[1] === 200) this.reports++;
    if (to !== this.receivers[0]!.remote || plain[1]! >= 192) return;
    const payloadType = plain[1]! & 0x7f;
    if (payloadType === 101) {
      this.videoBytes += bytes.length;
      this.lastSequence = (plain[2]! << 8) | plain[3]!;
    }
    if (payloadType === RETRANSMISSION_PAYLOAD_TYPE) this.retransmittedBytes += bytes.length;
  }

  send(packets: RtcpPacket[], from: Remote): void {
    const datagram = protect(writeRtcp(packets));
    this.stormBytes += datagram.length;
    this.lesson.deliver(datagram, from);
  }
}

function report(ssrc: number, random?: Random): RtcpPacket {
  const any = () => random === undefined ? 0 : random.below(2 ** 32);
  const reports = Array.from({ length: random?.below(3) ?? 0 }, () => block(any(), random!));
  return {
    type: "sender-report",
    ssrc,
    ntpHigh: 0xe0000000,
    ntpLow: any(),
    rtpTimestamp: any(),
    packets: any(),
    octets: any(),
    reports,
  };
}

function block(ssrc: number, random: Random): ReportBlock {
  return {
    ssrc,
    fractionLost: 0,
    cumulativeLost: random.below(2 ** 23),
    highestSequence: random.below(2 ** 32),
    jitter: random.below(2 ** 32),
    lastSenderReport: random.below(2 ** 32),
    delaySinceLastSenderReport: random.below(2 ** 32),
  };
}

type Make = (classroom: Classroom, random: Random) => [RtcpPacket, from: Remote];

const first = ({ receivers }: Classroom) => receivers[0]!;

/** The ssrc of a video of the first receiver, or of none. */
const anyVideo = ({ videos }: Classroom, random: Random) =>
  random.chance(0.9) ? random.pick(videos) : random.below(2 ** 32);

/** Each makes one packet of a compound. */
const STORMS: Record<string, Make> = {
  "sender reports": ({ ada }, random) => [
    report(random.pick([CAMERA_SSRC, MICROPHONE_SSRC, random.below(2 ** 32)]), random),
    ada,
  ],
  "receiver reports, some of streams that aren't": (classroom, random) => {
    const { camera, microphone, remote } = first(classroom);
    const ssrc = random.pick([camera, microphone, random.below(2 ** 32)]);
    return [{ type: "receiver-report", ssrc: 9, reports: [block(ssrc, random)] }, remote];
  },
  "video losses": (classroom, random) => {
    const mediaSsrc = anyVideo(classroom, random);
    return [{ type: "picture-loss", senderSsrc: 9, mediaSsrc }, first(classroom).remote];
  },
  "full intra requests": (classroom, random) => {
    const mediaSsrc = anyVideo(classroom, random);
    const command = random.below(256);
    return [
      { type: "full-intra-request", senderSsrc: 9, mediaSsrc, command },
      first(classroom).remote,
    ];
  },
  "goodbyes and names": (classroom, random) => {
    const ssrc = random.pick([CAMERA_SSRC, MICROPHONE_SSRC, first(classroom).camera]);
    return [
      random.chance(0.5)
        ? { type: "goodbye", ssrcs: [ssrc] }
        : { type: "source-description", ssrc, cname: "x".repeat(random.below(200)) },
      classroom.ada,
    ];
  },
};

/** A compound of at least one packet, and of no more bytes than `most`. */
function pour(classroom: Classroom, make: Make, random: Random, most: number): void {
  const packets: RtcpPacket[] = [];
  for (let bytes = 0;;) {
    const [packet, from] = make(classroom, random);
    bytes += writeRtcp([packet]).length;
    if (packets.length > 0 && bytes > most) return classroom.send(packets, from);
    packets.push(packet);
  }
}

const peace = new Classroom().hold(() => {});

for (const [name, make] of Object.entries(STORMS)) {
  Deno.test(`a storm of ${name} makes the server send at most ${RTCP_FACTOR} of its bytes`, () => {
    for (const seed of [1, 2]) {
      const random = new Random(seed);
      const classroom = new Classroom();
      classroom.hold((ms) => {
        const most = random.pick([0, 100, MAX_COMPOUND_BYTES]);
        if (ms % STORM_MS === 0) pour(classroom, make, random, most);
      });
      const more = classroom.sentBytes - peace.sentBytes;
      expect(more).toBeLessThanOrEqual(classroom.stormBytes * RTCP_FACTOR);
      expect(classroom.reports).toBe(peace.reports);
    }
  });

  Deno.test(`one datagram of ${name} makes the server send at most ${RTCP_FACTOR} of its bytes`, () => {
    for (const [seed, most] of [0, 60, 200, MAX_COMPOUND_BYTES].entries()) {
      const random = new Random(seed);
      const classroom = new Classroom();
      classroom.hold((ms) => {
        if (ms === LESSON_MS / 2) pour(classroom, make, random, most);
      });
      const more = classroom.sentBytes - peace.sentBytes;
      expect(more).toBeLessThanOrEqual(classroom.stormBytes * RTCP_FACTOR);
    }
  });
}

Deno.test("receivers get one report a stream and second, however many the publisher sends", () => {
  const streams = 2 * RECEIVERS;
  expect(peace.reports).toBeGreaterThan(streams * (LESSON_MS / 1000 - 2));
  expect(peace.reports).toBeLessThanOrEqual(streams * LESSON_MS / 1000);
});

Deno.test("a storm of requests for lost packets gets at most what was sent, and no packet twice at once", () => {
  const random = new Random(5);
  const classroom = new Classroom();
  classroom.hold(() => {
    const { camera, remote } = first(classroom);
    const newest = classroom.lastSequence;
    for (let i = 0; i < 5; i++) {
      const sequences = Array.from({ length: 60 }, () => (newest - random.below(60)) & 0xffff);
      const nack = { type: "nack", senderSsrc: 9, mediaSsrc: camera, sequences } as const;
      classroom.send([nack], remote);
    }
  });
  expect(classroom.retransmittedBytes).toBeGreaterThan(classroom.videoBytes / 2);
  expect(classroom.retransmittedBytes).toBeLessThan(classroom.videoBytes * 1.05);
  const others = (classroom.sentBytes - classroom.retransmittedBytes) - peace.sentBytes;
  expect(others).toBeLessThanOrEqual(0);
});

Deno.test("whoever resizes, pauses and resumes a video without end makes its publisher be asked once a second", () => {
  const random = new Random(6);
  const lesson = new Lesson();
  const { id } = lesson.consume(lesson.produceCamera());
  for (let ms = 0; ms < LESSON_MS; ms += 10) {
    const width = random.below(2000);
    lesson.core.setConsumerSize(id, width, width);
    lesson.core.setConsumerPaused(id, random.chance(0.5));
    lesson.publish({ sequence: ms / 10, ...(ms % 500 === 0 ? { payload: KEY_FRAME } : {}) });
    lesson.pass(10);
  }
  const asked = lesson.take(lesson.ada.remote).rtcp.filter(({ type }) => type === "picture-loss");
  expect(asked.length).toBeGreaterThan(LESSON_MS / 1000 - 2);
  expect(asked.length).toBeLessThanOrEqual(LESSON_MS / 1000 + 4);
});

Deno.test("a publisher whose packets leave holes is sent no more requests for them than it sends, in bytes", () => {
  for (const gap of [2, 100, 200, 250, 300, 5000]) {
    const lesson = new Lesson();
    lesson.consume(lesson.produceCamera());
    let received = 0;
    for (let ms = 0, sequence = 0; ms < LESSON_MS; ms += 10) {
      if (ms % 100 === 0) {
        sequence += gap;
        received += 12 + 2 + 4;
        lesson.publish({ sequence: sequence & 0xffff });
      }
      lesson.pass(10);
    }
    const sent = lesson.socket.take().filter(({ bytes, to }) =>
      to === lesson.ada.remote && bytes[1] === 205 && (bytes[0]! & 31) === 1
    );
    const bytes = sent.reduce((sum, datagram) => sum + datagram.bytes.length, 0);
    expect(bytes).toBeLessThanOrEqual(received + FIRST_NACK_BYTES);
  }
});
