import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  hkdfSync,
  pbkdf2Sync,
  randomBytes,
} from "node:crypto";
import { expect } from "@std/expect";
import { MEDIA_SOURCES, type MediaSource } from "../document/schema.ts";
import { decryptFrame, encryptFrame, OVERHEAD_BYTES } from "./frame.ts";
import { type Bytes, frameKey, secretOf } from "./secret.ts";
import { PEOPLE_BYTES, peopleDigest, securityCode } from "./security_code.ts";
import { makePageKeys, openAsCustodian, sealToCustodian, unwrapFrom, wrapTo } from "./wrapping.ts";

// The same, written a second time from ENCRYPTION.md upon node:crypto.

function info(label: string, ...inputs: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from(`lectern e2ee 1 ${label}`), ...inputs].flatMap((part) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(part.length);
    return [length, part];
  }));
}

const hkdf = (secret: Uint8Array, label: Buffer, bytes: number) =>
  Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(32), label, bytes));

interface Case {
  secret: string;
  participantId: string;
  sender: number;
  counter: number;
  source: MediaSource;
  frame: string;
}

function referenceFrame(given: Case): { id: string; key: string; encrypted: string } {
  const secret = Buffer.from(given.secret, "hex");
  const id = hkdf(secret, info("secret id"), 8);
  const sender = Buffer.alloc(4);
  sender.writeUInt32BE(given.sender);
  const key = hkdf(secret, info("frames", Buffer.from(given.participantId), sender), 16);
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(given.counter);
  const trailer = Buffer.concat([id.subarray(0, 4), sender, counter, Buffer.from([1])]);
  const frame = Buffer.from(given.frame, "hex");
  const isAudio = given.source === "audio" || given.source === "screenAudio";
  const clear = frame.subarray(0, isAudio ? 1 : (frame[0]! & 1) === 0 ? 10 : 3);
  const cipher = createCipheriv("aes-128-gcm", key, Buffer.concat([Buffer.alloc(8), counter]));
  cipher.setAAD(
    Buffer.concat([Buffer.from([MEDIA_SOURCES.indexOf(given.source)]), clear, trailer]),
  );
  const body = Buffer.concat([cipher.update(frame.subarray(clear.length)), cipher.final()]);
  const encrypted = Buffer.concat([clear, body, cipher.getAuthTag(), trailer]);
  return {
    id: id.toString("hex"),
    key: key.toString("hex"),
    encrypted: encrypted.toString("hex"),
  };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytesOf = (buffer: Uint8Array): Bytes => Uint8Array.from(buffer);

async function ours(given: Case): Promise<{ id: string; encrypted: Bytes; key: CryptoKey }> {
  const secret = await secretOf(bytesOf(Buffer.from(given.secret, "hex")));
  const { sender, counter, source } = given;
  const key = await frameKey(secret, given);
  const encrypted = await encryptFrame(bytesOf(Buffer.from(given.frame, "hex")), {
    key,
    source,
    trailer: { epoch: secret.epoch, sender, counter },
  });
  return { id: secret.id, encrypted, key };
}

function randomCase(): Case {
  const size = Math.floor(Math.random() ** 3 * 4000) + 1;
  return {
    secret: randomBytes(16).toString("hex"),
    participantId: randomBytes(Math.floor(Math.random() * 20) + 1).toString("hex"),
    sender: randomBytes(4).readUInt32BE(),
    counter: randomBytes(4).readUInt32BE(),
    source: MEDIA_SOURCES[Math.floor(Math.random() * MEDIA_SOURCES.length)]!,
    frame: randomBytes(size).toString("hex"),
  };
}

const VECTORS = new URL("../../../tests/vectors/e2ee-v1/frames.json", import.meta.url);

Deno.test("Frames are encrypted as the vectors say", async () => {
  const vectors: (Case & { id: string; key: string; encrypted: string })[] = JSON.parse(
    await Deno.readTextFile(VECTORS),
  );
  expect(vectors.length).toBeGreaterThanOrEqual(8);
  for (const vector of vectors) {
    const { id, key, encrypted } = referenceFrame(vector);
    expect({ id, key, encrypted }).toEqual({
      id: vector.id,
      key: vector.key,
      encrypted: vector.encrypted,
    });
    const made = await ours(vector);
    expect(made.id).toBe(vector.id);
    expect(hex(made.encrypted)).toBe(vector.encrypted);
  }
});

Deno.test("Any frame is encrypted as a second implementation does it, and opens to what it was", async () => {
  for (let round = 0; round < 300; round++) {
    const given = randomCase();
    const { encrypted, key } = await ours(given);
    const context = JSON.stringify(given).slice(0, 300);
    expect([context, hex(encrypted)]).toEqual([context, referenceFrame(given).encrypted]);
    expect(encrypted.length).toBe(given.frame.length / 2 + OVERHEAD_BYTES);
    const opened = await decryptFrame(encrypted, { key, source: given.source });
    expect(opened && hex(opened)).toBe(given.frame);
  }
});

Deno.test("A frame that was altered in any byte, or comes from another source, doesn't open", async () => {
  const given: Case = { ...randomCase(), source: "video", frame: "d0" + "5a".repeat(40) };
  const { encrypted, key } = await ours(given);
  for (let at = 0; at < encrypted.length; at++) {
    const altered = encrypted.slice();
    altered[at]! ^= 0x10;
    expect(await decryptFrame(altered, { key, source: "video" })).toBeUndefined();
  }
  expect(await decryptFrame(encrypted, { key, source: "screen" })).toBeUndefined();
  for (let size = 0; size < encrypted.length; size++) {
    expect(await decryptFrame(encrypted.slice(0, size), { key, source: "video" })).toBeUndefined();
  }
});

Deno.test("What one page wraps, a second implementation opens with the other's private key", async () => {
  const page = await makePageKeys();
  const peer = createECDH("prime256v1");
  const peerKey = bytesOf(peer.generateKeys());
  const epoch = await secretOf(bytesOf(randomBytes(16)));
  const recording = await secretOf(bytesOf(randomBytes(16)));
  const people = bytesOf(randomBytes(PEOPLE_BYTES));
  const handover = { people, epoch, recording };
  const wrapped = await wrapTo(peerKey, { keys: page, meetingId: "m1", handover });

  const shared = peer.computeSecret(page.publicKey);
  const key = hkdf(shared, info("wrap", Buffer.from("m1"), page.publicKey, peerKey), 16);
  const opening = createDecipheriv("aes-128-gcm", key, wrapped.subarray(0, 12));
  opening.setAuthTag(wrapped.subarray(-16));
  const plain = Buffer.concat([opening.update(wrapped.subarray(12, -16)), opening.final()]);
  expect(hex(plain)).toBe(hex(people) + hex(epoch.bytes) + hex(recording.bytes));
});

Deno.test("Only the page that secrets were wrapped to opens them, in that meeting and from that sender", async () => {
  const [tutor, student, stranger] = [
    await makePageKeys(),
    await makePageKeys(),
    await makePageKeys(),
  ];
  const epoch = await secretOf(bytesOf(randomBytes(16)));
  const people = bytesOf(randomBytes(PEOPLE_BYTES));
  const handover = { people, epoch, recording: null };
  const wrapped = await wrapTo(student.publicKey, { keys: tutor, meetingId: "m1", handover });
  const from = tutor.publicKey;
  expect(await unwrapFrom(from, { keys: student, meetingId: "m1", wrapped })).toEqual(handover);
  expect(await unwrapFrom(from, { keys: student, meetingId: "m2", wrapped })).toBeUndefined();
  expect(await unwrapFrom(from, { keys: stranger, meetingId: "m1", wrapped })).toBeUndefined();
  expect(await unwrapFrom(stranger.publicKey, { keys: student, meetingId: "m1", wrapped }))
    .toBeUndefined();
  expect(await unwrapFrom(new Uint8Array(65), { keys: student, meetingId: "m1", wrapped }))
    .toBeUndefined();
});

Deno.test("A custodian opens what was sealed to it, and nobody else does", async () => {
  const custodian = await makePageKeys();
  const secret = await secretOf(bytesOf(randomBytes(16)));
  const wrapped = await sealToCustodian(custodian.publicKey, { meetingId: "m1", secret });
  expect(await openAsCustodian(custodian, { meetingId: "m1", wrapped })).toEqual(secret);
  expect(await openAsCustodian(custodian, { meetingId: "m2", wrapped })).toBeUndefined();
  const other = await makePageKeys();
  expect(await openAsCustodian(other, { meetingId: "m1", wrapped })).toBeUndefined();
});

Deno.test("The security code is the same in any order, and another with one key swapped", async () => {
  const people = ["tara", "sam", "gil"].map((participantId) => {
    const ecdh = createECDH("prime256v1");
    return { participantId, publicKey: bytesOf(ecdh.generateKeys()) };
  });
  const code = await securityCode("m1", people);
  expect(await securityCode("m1", people.toReversed())).toEqual(code);
  expect(code.every((word) => word >= 0 && word < 2048)).toBe(true);

  const entries = people.map(({ participantId, publicKey }) =>
    info("member", Buffer.from(participantId), publicKey)
  ).sort(Buffer.compare);
  const material = Buffer.concat([info("code", Buffer.from("m1")), ...entries]);
  const password = createHash("sha256").update(material).digest();
  const bits = pbkdf2Sync(password, info("code salt"), 100_000, 9, "sha256");
  const binary = [...bits].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const words = Array.from(
    { length: 6 },
    (_, at) => parseInt(binary.slice(at * 11, at * 11 + 11), 2),
  );
  expect(code).toEqual(words);

  const named = Buffer.concat([info("people", Buffer.from("m1")), ...entries]);
  const digest = createHash("sha256").update(named).digest().subarray(0, PEOPLE_BYTES);
  expect(hex(await peopleDigest("m1", people.toReversed()))).toBe(hex(digest));

  const swapped = [{ ...people[0]!, publicKey: people[1]!.publicKey }, ...people.slice(1)];
  expect(await securityCode("m1", swapped)).not.toEqual(code);
  expect(await securityCode("m1", people.slice(1))).not.toEqual(code);
});
