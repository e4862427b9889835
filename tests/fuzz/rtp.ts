/**
 * Fuzzes what RTP goes through: header, extensions, VP8 descriptor, repair and forwarding.
 *
 * Violations: anything thrown; an offset outside the packet; something sent for a packet that isn't authentic; a
 * forwarded packet that isn't the consumer's. The simulated cipher throws when an index is used for two packets.
 */
import {
  createRtpHeader,
  extensionLength,
  findExtension,
  parseRtpHeader,
  RTP_FIXED_BYTES,
} from "../../server/sfu/packets/rtp.ts";
import { RedUnpacker } from "../../server/sfu/packets/red.ts";
import {
  CAMERA_RTX_SSRC,
  CAMERA_SSRC,
  KEY_FRAME,
  Lesson,
  MICROPHONE_SSRC,
  REDUNDANT_MICROPHONE,
  takesRed,
} from "../../server/sfu/testing/simulated_lesson.ts";
import { protect } from "../../server/sfu/testing/simulated_network.ts";
import { createVp8Descriptor, parseVp8Descriptor } from "../../server/sfu/packets/vp8.ts";
import { Random } from "./guard/random.ts";
import { hex, mutate } from "./packet_mutation.ts";
import type { FuzzOptions, FuzzResult } from "./run.ts";

/** What redundant sound is renumbered to; the fuzzer's own is 111. */
const OPUS = 100;

/** A new lesson now and then, so that a violation is found near its cause. */
const PACKETS_A_LESSON = 100;

/** Sound, redundant for the most part. */
function sound(sequence: number, random: Random): Uint8Array {
  const red = random.chance(0.8);
  const block = Array.from({ length: random.below(4) }, () => random.below(256));
  const blocks = Array.from({ length: random.below(10) }, () => [...block]);
  // 960 ticks earlier, as a browser's, or any other time.
  const ticks = () => random.chance(0.7) ? 0x0f : random.below(256);
  const header = blocks.flatMap(({ length }) => [0x80 | 111, ticks(), 0, length]);
  const timestamp = sequence * 960;
  return Uint8Array.of(
    0x80,
    red ? 63 : 111,
    ...[sequence >> 8, sequence & 255],
    ...[timestamp >>> 24, (timestamp >> 16) & 255, (timestamp >> 8) & 255, timestamp & 255],
    ...[MICROPHONE_SSRC >>> 24, 0, 0, MICROPHONE_SSRC & 255],
    ...(red ? [...header, 111, ...blocks.flat()] : []),
    ...[1, 2, 3],
  );
}

const red = new RedUnpacker();

function unpackRed(payload: Uint8Array, length: number, from: number): number {
  red.packed.set(payload);
  return red.unpack(length, from, OPUS);
}

function checkRed(bytes: Uint8Array): string | undefined {
  const payload = bytes.subarray(RTP_FIXED_BYTES);
  for (const length of [payload.length, payload.length >> 1]) {
    const spoken = unpackRed(payload, length, 111);
    if (spoken < 0) continue;
    if (spoken === 0 || spoken + red.repeatedLength >= length) {
      return `sound of ${spoken} and ${red.repeatedLength} of ${length} bytes`;
    }
    // What isn't part of the blocks' headers stays as it was.
    if (red.spoken.subarray(0, spoken).some((byte, i) => byte !== payload[length - spoken + i])) {
      return "a changed byte behind the headers";
    }
  }
  return undefined;
}

function packet(sequence: number, random: Random): Uint8Array {
  if (random.chance(0.3)) return sound(sequence, random);
  const repair = random.chance(0.3);
  const extensions = random.pick([
    [],
    [0xbe, 0xde, 0, 2, 0x40, 0x30, 0x31, sequence >> 8, sequence & 255, 0xd0, 3, 0],
    [0x10, 0, 0, 2, 3, 2, sequence >> 8, sequence & 255, 13, 1, 3, 0],
  ]);
  const timestamp = sequence * 3000;
  const ssrc = repair ? CAMERA_RTX_SSRC : CAMERA_SSRC;
  const original = (sequence - random.below(40)) & 0xffff;
  return Uint8Array.of(
    (extensions.length > 0 ? 0x90 : 0x80) | (random.chance(0.1) ? 0x20 : 0),
    repair ? 97 : 96,
    ...[sequence >> 8, sequence & 255],
    ...[timestamp >>> 24, (timestamp >> 16) & 255, (timestamp >> 8) & 255, timestamp & 255],
    ...[ssrc >>> 24, (ssrc >> 16) & 255, (ssrc >> 8) & 255, ssrc & 255],
    ...extensions,
    ...(repair ? [original >> 8, original & 255] : []),
    ...random.pick([KEY_FRAME, [0x90, 0xe0, 0x92, 0x34, 0x99, 0x40, 0x01], [0, 5, 6, 2]]),
  );
}

function checkParsers(bytes: Uint8Array): string | undefined {
  const header = createRtpHeader();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const descriptor = createVp8Descriptor();
  const problem = checkRed(bytes);
  if (problem !== undefined) return problem;
  if (parseVp8Descriptor(bytes, bytes.length, descriptor)) {
    if (descriptor.descriptorBytes >= bytes.length) return "a descriptor longer than its payload";
  }
  if (!parseRtpHeader(view, bytes.length, header)) return undefined;
  if (header.headerBytes > bytes.length || header.headerBytes < RTP_FIXED_BYTES) {
    return `a header of ${header.headerBytes} bytes`;
  }
  for (let id = 0; id < 256; id++) {
    const at = findExtension(bytes, header, id, 1);
    if (at < 0) continue;
    const end = at + extensionLength(bytes, header, at);
    if (at < header.extensionStart || end > header.headerBytes) return `extension ${id} at ${at}`;
  }
  return undefined;
}

// deno-lint-ignore require-await -- the dispatcher awaits every fuzzer alike
export async function fuzz({ seed, runs, progress }: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const violations: string[] = [];
  let forwarded = 0;
  let lesson = new Lesson();
  let consumerSsrcs: (number | undefined)[] = [];
  for (let run = 0; run < runs; run++) {
    if (run % PACKETS_A_LESSON === 0) {
      lesson = new Lesson();
      const { ssrc, rtxSsrc } = lesson.consume(lesson.produceCamera());
      const microphone = lesson.consume(
        lesson.produceMicrophone(REDUNDANT_MICROPHONE),
        takesRed(lesson.core.routerRtpCapabilities),
      );
      consumerSsrcs = [ssrc, rtxSsrc, microphone.ssrc];
      // What it has lost counts for half a minute.
      if (random.chance(0.5)) lesson.reportLoss(microphone.ssrc, 0.1);
      lesson.pass(200);
      progress?.(run);
    }
    const clean = packet(run & 0xffff, random);
    const bytes = random.chance(0.2) ? clean : mutate(clean, random);
    const authentic = random.chance(0.7);
    try {
      const problem = checkParsers(bytes);
      if (problem !== undefined) violations.push(`run ${run}: ${problem}: ${hex(bytes)}`);
      lesson.socket.take();
      lesson.deliver(authentic ? protect(bytes) : bytes, lesson.ada.remote);
      const { rtp, rtcp } = lesson.take(lesson.bob.remote);
      forwarded += rtp.length;
      if (!authentic && rtp.length + rtcp.length > 0) {
        violations.push(`run ${run}: a forgery was forwarded: ${hex(bytes)}`);
      }
      const wrong = rtp.find(({ header, payload }) =>
        header.payloadType === 103 &&
        unpackRed(Uint8Array.from(payload), payload.length, OPUS) < 0
      );
      if (wrong !== undefined) violations.push(`run ${run}: malformed sound: ${hex(bytes)}`);
      const stray = rtp.find(({ header }) => !consumerSsrcs.includes(header.ssrc));
      if (stray !== undefined) {
        violations.push(`run ${run}: ssrc ${stray.header.ssrc} was sent: ${hex(bytes)}`);
      }
      if (run % 10 === 0) lesson.pass(10);
    } catch (error) {
      violations.push(`run ${run}: thrown ${error}: ${hex(bytes)}`);
    }
  }
  return { runs, violations, forwarded };
}
