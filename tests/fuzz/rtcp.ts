/**
 * Fuzzes RTCP from both sides of a lesson: parsing, writing again what was read, and acting on it.
 *
 * Violations: anything thrown; what is written of a parsed compound doesn't read back the same; anything sent for a
 * compound that isn't authentic.
 */
import { parseRtcp, type RtcpPacket, writeRtcp } from "../../server/sfu/packets/rtcp.ts";
import { CAMERA_SSRC, KEY_FRAME, Lesson } from "../../server/sfu/testing/simulated_lesson.ts";
import { protect } from "../../server/sfu/testing/simulated_network.ts";
import { Random } from "./guard/random.ts";
import { hex, mutate } from "./packet_mutation.ts";
import type { FuzzOptions, FuzzResult } from "./run.ts";

const PACKETS_A_LESSON = 2000;

function compounds(consumerSsrc: number, sequence: number): RtcpPacket[][] {
  const block = {
    ssrc: consumerSsrc,
    fractionLost: 5,
    cumulativeLost: 9,
    highestSequence: sequence,
    jitter: 4,
    lastSenderReport: 1,
    delaySinceLastSenderReport: 2,
  };
  return [
    [
      { type: "receiver-report", ssrc: 1, reports: [block] },
      { type: "source-description", ssrc: 1, cname: "bob" },
    ],
    [{ type: "nack", senderSsrc: 1, mediaSsrc: consumerSsrc, sequences: [sequence, sequence + 3] }],
    [
      { type: "picture-loss", senderSsrc: 1, mediaSsrc: consumerSsrc },
      { type: "full-intra-request", senderSsrc: 1, mediaSsrc: consumerSsrc, command: 1 },
    ],
    [{
      type: "sender-report",
      ssrc: CAMERA_SSRC,
      ntpHigh: 1,
      ntpLow: 2,
      rtpTimestamp: 3,
      packets: 4,
      octets: 5,
      reports: [block],
    }],
    [{
      type: "transport-feedback",
      senderSsrc: 1,
      mediaSsrc: consumerSsrc,
      baseSequence: sequence,
      referenceTime: 7,
      feedbackCount: 8,
      arrivals: [0, undefined, 300, 301, undefined, 290, ...Array<number>(20).fill(400)],
    }],
    [{ type: "goodbye", ssrcs: [CAMERA_SSRC, 7] }],
  ];
}

/** Reads, writes and reads again; the texts of names may change when they weren't UTF-8. */
function checkRoundTrip(bytes: Uint8Array): string | undefined {
  const read = parseRtcp(bytes);
  if (read === undefined || read.length === 0) return undefined;
  const again = parseRtcp(writeRtcp(read));
  const comparable = (packets: RtcpPacket[] | undefined) =>
    JSON.stringify(packets?.filter(({ type }) => type !== "source-description"));
  return comparable(again) === comparable(read) ? undefined : "it reads back as something else";
}

// deno-lint-ignore require-await -- the dispatcher awaits every fuzzer alike
export async function fuzz({ seed, runs, progress }: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const violations: string[] = [];
  let understood = 0;
  let lesson = new Lesson();
  let consumerSsrc = 0;
  for (let run = 0; run < runs; run++) {
    if (run % PACKETS_A_LESSON === 0) {
      lesson = new Lesson();
      consumerSsrc = lesson.consume(lesson.produceCamera()).ssrc;
      lesson.publish({ sequence: 1, payload: KEY_FRAME });
      progress?.(run);
    }
    const clean = writeRtcp(random.pick(compounds(consumerSsrc, run & 0xffff)));
    const bytes = random.chance(0.1) ? clean : mutate(clean, random);
    const authentic = random.chance(0.7);
    try {
      const problem = checkRoundTrip(bytes);
      if (problem !== undefined) violations.push(`run ${run}: ${problem}: ${hex(bytes)}`);
      if (parseRtcp(bytes) !== undefined) understood++;
      lesson.socket.take();
      const from = random.chance(0.5) ? lesson.ada.remote : lesson.bob.remote;
      lesson.deliver(authentic ? protect(bytes) : bytes, from);
      if (!authentic && lesson.socket.take().length > 0) {
        violations.push(`run ${run}: a forgery had an effect: ${hex(bytes)}`);
      }
      if (run % 10 === 0) lesson.pass(10);
    } catch (error) {
      violations.push(`run ${run}: thrown ${error}: ${hex(bytes)}`);
    }
  }
  return { runs, violations, understood };
}
