/**
 * Fuzzes binding requests: damaged ones, damaged ones with a fingerprint made right again, and random bytes.
 *
 * Violations: anything thrown; an answer to a request whose protected bytes aren't those that the peer signed.
 */
import { parseBindingRequest, writeBindingRequest } from "../../server/sfu/packets/stun.ts";
import { Lesson } from "../../server/sfu/testing/simulated_lesson.ts";
import { hmacSha1 } from "../../server/sfu/testing/simulated_network.ts";
import { Random } from "./guard/random.ts";
import { hex, mutate } from "./packet_mutation.ts";
import type { FuzzOptions, FuzzResult } from "./run.ts";

const PACKETS_A_LESSON = 2000;
const FINGERPRINT_BYTES = 8;
const FINGERPRINT_XOR = 0x5354554e;

/** CRC-32 by its definition, apart from the one under test. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Makes length and fingerprint right again, so that only the integrity is wrong. */
function seal(bytes: Uint8Array): Uint8Array {
  const sealed = Uint8Array.from([...bytes.slice(0, bytes.length & ~3)]);
  if (sealed.length < 20 + FINGERPRINT_BYTES) return sealed;
  const view = new DataView(sealed.buffer);
  view.setUint16(2, sealed.length - 20);
  const at = sealed.length - FINGERPRINT_BYTES;
  view.setUint32(at, 0x80280004);
  view.setUint32(at + 4, crc32(sealed.slice(0, at)) ^ FINGERPRINT_XOR);
  return sealed;
}

/** What the integrity covers: type, cookie, transaction and attributes; the length is known to differ. */
function covered(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const request = parseBindingRequest(bytes, view, bytes.length);
  if (request === undefined) return undefined;
  return hex(bytes.slice(0, 2)) + hex(bytes.slice(4, request.integrityAt + 24));
}

// deno-lint-ignore require-await -- the dispatcher awaits every fuzzer alike
export async function fuzz({ seed, runs, progress }: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const violations: string[] = [];
  let answered = 0;
  let lesson = new Lesson();
  for (let run = 0; run < runs; run++) {
    if (run % PACKETS_A_LESSON === 0) {
      lesson = new Lesson();
      progress?.(run);
    }
    const { usernameFragment, password } = lesson.ada.iceParameters;
    const clean = writeBindingRequest(
      {
        username: `${usernameFragment}:peer`,
        transactionId: Uint8Array.from({ length: 12 }, () => random.below(256)),
        useCandidate: random.chance(0.5),
        controlled: random.chance(0.1),
      },
      new TextEncoder().encode(password),
      hmacSha1,
    );
    const bytes = random.chance(0.05)
      ? clean
      : random.chance(0.5)
      ? seal(mutate(clean, random))
      : mutate(clean, random);
    const from = lesson.socket.remote("198.51.100.7", 1 + random.below(60_000));
    try {
      lesson.socket.take();
      lesson.deliver(bytes, from);
      const sent = lesson.socket.take();
      if (sent.length === 0) continue;
      answered++;
      if (covered(bytes) !== covered(clean)) {
        violations.push(`run ${run}: answered: ${hex(bytes)}`);
      }
    } catch (error) {
      violations.push(`run ${run}: thrown ${error}: ${hex(bytes)}`);
    }
  }
  return { runs, violations, answered };
}
