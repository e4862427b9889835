import { expect } from "@std/expect";
import { GcmCipher } from "./gcm.ts";
import type { Bytes } from "./openssl.ts";
import { createSrtpSession, MAX_SSRCS } from "./srtp.ts";
import { deriveSessionKeys, saltBytes } from "./srtp_keys.ts";
import { createSlot } from "./tails.ts";
import { bigEndian, hex, SrtpReference } from "./testing/srtp_reference.ts";
import { SLOT_BYTES, type SrtpKeys, type SrtpProfile, type SrtpSession } from "../../ports.ts";

const PROFILES: SrtpProfile[] = ["AEAD_AES_128_GCM", "AES128_CM_HMAC_SHA1_80"];

/** RFC 7714 §16 and §17 give session keys, not master keys. */
const RFC7714_KEYS = {
  key: hex("000102030405060708090a0b0c0d0e0f"),
  salt: hex("517569642070726f2071756f"),
  authenticationKey: new Uint8Array(20),
};

Deno.test("session keys are those of RFC 3711 §B.3", () => {
  const master = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
  const keys = deriveSessionKeys(master, hex("0EC675AD498AFEEBB6960B3AABE6"), "rtp");
  expect(keys.key).toEqual(hex("C61E7A93744F39EE10734AFE3FF7A087"));
  expect(keys.salt).toEqual(hex("30CBBC08863D8C85D49DB34A9AE1"));
  expect(keys.authenticationKey).toEqual(hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
});

Deno.test("AES-GCM seals and opens the RTP packet of RFC 7714 §16.1", () => {
  const clear = hex(`8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
    69736120 696e2070 61727465 73207472 6573`);
  const sealed = hex(`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
    0d294e6f 42a5f47a 51c7d19b 36de3adf 8833 899d7f27 beb16a91 52cf765e e4390cce`);
  const packet = new Uint8Array(sealed.length);
  packet.set(clear.subarray(0, 12));
  const payload = clear.subarray(12);
  const sealing = new GcmCipher(RFC7714_KEYS, "seal");
  sealing.sealRtp(packet, 12, packet.subarray(12), payload, payload.length, 0x5501a0b2, 0xf17b);
  expect(packet).toEqual(sealed);

  const opening = new GcmCipher(RFC7714_KEYS, "open");
  const plain = new Uint8Array(payload.length);
  const body = sealed.subarray(12);
  expect(opening.openRtp(sealed, sealed.length, 12, body, plain, 0x5501a0b2, 0xf17b)).toBe(true);
  expect(plain).toEqual(payload);
  expect(opening.openRtp(sealed, sealed.length, 12, body, plain, 0x5501a0b2, 0x1f17b)).toBe(false);
  sealing.close();
  opening.close();
});

Deno.test("AES-GCM seals and opens the RTCP packet of RFC 7714 §17.1", () => {
  const clear = hex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
    deadbeef deadbeef deadbeef deadbeef deadbeef`);
  const sealed = hex(`81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
    c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`);
  const packet = new Uint8Array(sealed.length);
  packet.set(clear.subarray(0, 8));
  const sealing = new GcmCipher(RFC7714_KEYS, "seal");
  sealing.sealRtcp(packet, packet.subarray(8), clear.subarray(8), 0x4d617273, 0x5d4);
  expect(packet).toEqual(sealed);

  const opening = new GcmCipher(RFC7714_KEYS, "open");
  const plain = new Uint8Array(clear.length - 8);
  const body = sealed.subarray(8);
  expect(opening.openRtcp(sealed, sealed.length, body, plain, 0x4d617273, 0x5d4)).toBe(true);
  expect(plain).toEqual(clear.subarray(8));
  sealing.close();
  opening.close();
});

function random(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

interface Link {
  sender: SrtpSession;
  receiver: SrtpSession;
  reference: SrtpReference;
  [Symbol.dispose](): void;
}

/** Two ends of a transport, and a third party that knows the sender's keys. */
function link(profile: SrtpProfile): Link {
  const salt = saltBytes(profile);
  const keys: SrtpKeys = {
    profile,
    localKey: random(16),
    localSalt: random(salt),
    remoteKey: random(16),
    remoteSalt: random(salt),
  };
  const sender = createSrtpSession(keys);
  const receiver = createSrtpSession({
    profile,
    localKey: keys.remoteKey,
    localSalt: keys.remoteSalt,
    remoteKey: keys.localKey,
    remoteSalt: keys.localSalt,
  });
  return {
    sender,
    receiver,
    reference: new SrtpReference(profile, keys.localKey, keys.localSalt),
    [Symbol.dispose]: () => (sender.close(), receiver.close()),
  };
}

const SSRC = 0xdeadbeef;

function rtpHeader(sequence: number, headerBytes = 12): Bytes {
  const header = random(headerBytes);
  const view = new DataView(header.buffer);
  view.setUint16(2, sequence);
  view.setUint32(8, SSRC);
  return header;
}

function protect(sender: SrtpSession, header: Bytes, payload: Bytes, index: number): Bytes {
  const slot = createSlot();
  slot.bytes.set(header);
  const length = sender.protectRtp(slot, header.length, payload, payload.length, SSRC, index);
  return slot.bytes.slice(0, length) as Bytes;
}

function unprotect(receiver: SrtpSession, packet: Bytes, headerBytes = 12): Bytes | undefined {
  const plain = new Uint8Array(SLOT_BYTES);
  const sequence = new DataView(packet.buffer).getUint16(2);
  const ssrc = new DataView(packet.buffer).getUint32(8);
  const length = receiver.unprotectRtp(packet, packet.length, headerBytes, ssrc, sequence, plain);
  return length < 0 ? undefined : plain.slice(0, length);
}

function protectRtcp(sender: SrtpSession, compound: Bytes): Bytes {
  const slot = createSlot();
  return slot.bytes.slice(0, sender.protectRtcp(slot, compound)) as Bytes;
}

for (const profile of PROFILES) {
  const test = (title: string, run: (link: Link) => void) =>
    Deno.test(`${profile}: ${title}`, () => {
      using ends = link(profile);
      run(ends);
    });

  test("RTP of every shape is what another implementation makes and opens", ({ sender, receiver, reference }) => {
    let index = 65_536 - 20;
    for (const headerBytes of [12, 16, 20, 32, 63, 64, 72, 140]) {
      for (const payloadBytes of [0, 1, 15, 16, 17, 160, 1100, 1400]) {
        const header = rtpHeader(index % 65_536, headerBytes);
        const payload = random(payloadBytes);
        const packet = protect(sender, header, payload, index);
        expect(packet).toEqual(reference.sealRtp(header, payload, SSRC, index));
        expect(reference.openRtp(packet, headerBytes, SSRC, index)).toEqual(payload);
        expect(unprotect(receiver, packet, headerBytes)).toEqual(payload);
        index++;
      }
    }
    expect(index).toBeGreaterThan(65_536);
  });

  test("RTP is opened across three wraps, with losses and reordering", ({ receiver, reference }) => {
    const last = 3 * 65_536 + 500;
    for (let index = 60_000; index < last; index += 300) {
      for (const at of [index + 40, index]) {
        const header = rtpHeader(at % 65_536);
        const payload = bigEndian(at, 6);
        const packet = reference.sealRtp(header, payload, SSRC, at) as Bytes;
        expect(unprotect(receiver, packet)).toEqual(payload);
      }
    }
  });

  test("a far index is sealed as another implementation does", ({ sender, reference }) => {
    const payload = random(50);
    for (const index of [2 ** 31 * 65_536 + 7, 2 ** 48 - 1]) {
      const header = rtpHeader(index % 65_536);
      const packet = protect(sender, header, payload, index);
      expect(packet).toEqual(reference.sealRtp(header, payload, SSRC, index));
    }
    expect(() => protect(sender, rtpHeader(0), payload, 2 ** 48)).toThrow(RangeError);
    expect(() => protect(sender, rtpHeader(0), payload, -1)).toThrow(RangeError);
  });

  test("a replayed RTP packet is refused, also one from before the wrap", ({ sender, receiver }) => {
    const packets = [65_530, 65_535, 65_536, 65_540].map((index) =>
      protect(sender, rtpHeader(index % 65_536), random(30), index)
    );
    for (const packet of packets) expect(unprotect(receiver, packet)).toBeDefined();
    for (const packet of packets) expect(unprotect(receiver, packet)).toBeUndefined();
  });

  test("a forged bit anywhere in an RTP packet is refused, and the true packet still accepted", ({ sender, receiver }) => {
    const payload = random(40);
    const packet = protect(sender, rtpHeader(900, 20), payload, 900);
    for (let i = 0; i < packet.length; i++) {
      const forged = packet.slice();
      forged[i]! ^= 1 << (i % 8);
      expect(unprotect(receiver, forged, 20)).toBeUndefined();
    }
    expect(unprotect(receiver, packet, 20)).toEqual(payload);
  });

  test("forged packets with far sequence numbers don't move the window", ({ sender, receiver }) => {
    const earlier = protect(sender, rtpHeader(9), random(9), 9);
    expect(unprotect(receiver, protect(sender, rtpHeader(10), random(9), 10))).toBeDefined();
    for (let sequence = 1000; sequence < 65_000; sequence += 1000) {
      const forged = protect(sender, rtpHeader(sequence), random(9), sequence);
      forged[forged.length - 1]! ^= 1;
      expect(unprotect(receiver, forged)).toBeUndefined();
    }
    expect(unprotect(receiver, earlier)).toBeDefined();
  });

  test("a truncated RTP packet is refused at every length", ({ sender, receiver }) => {
    const packet = protect(sender, rtpHeader(5), random(20), 5);
    for (let length = 0; length < packet.length; length++) {
      const plain = new Uint8Array(SLOT_BYTES);
      expect(receiver.unprotectRtp(packet, length, 12, SSRC, 5, plain)).toBe(-1);
    }
  });

  test("lengths that don't fit their buffers never reach the cipher", ({ sender, receiver }) => {
    const packet = protect(sender, rtpHeader(5), random(200), 5);
    const plain = new Uint8Array(SLOT_BYTES);
    expect(receiver.unprotectRtp(packet, packet.length + 1, 12, SSRC, 5, plain)).toBe(-1);
    expect(receiver.unprotectRtp(packet, packet.length, 11, SSRC, 5, plain)).toBe(-1);
    expect(receiver.unprotectRtp(packet, packet.length, 900, SSRC, 5, plain)).toBe(-1);
    expect(receiver.unprotectRtp(packet, packet.length, 12, SSRC, 5, new Uint8Array(199))).toBe(-1);
    const slot = createSlot();
    const payload = new Uint8Array(SLOT_BYTES);
    expect(() => sender.protectRtp(slot, 12, payload, SLOT_BYTES - 20, SSRC, 1)).toThrow(
      RangeError,
    );
    expect(() => sender.protectRtp(slot, 12, new Uint8Array(5), 6, SSRC, 1)).toThrow(RangeError);
    expect(() => sender.protectRtcp(slot, new Uint8Array(SLOT_BYTES - 10))).toThrow(RangeError);
    expect(() => sender.protectRtcp(slot, new Uint8Array(7))).toThrow(RangeError);
  });

  test("RTCP of every size is what another implementation makes, and opens", ({ sender, receiver, reference }) => {
    [8, 12, 28, 100, 1200].forEach((size, index) => {
      const compound = random(size);
      const packet = protectRtcp(sender, compound);
      expect(packet).toEqual(reference.sealRtcp(compound, index));
      expect(receiver.unprotectRtcp(packet, packet.length)?.slice()).toEqual(compound);
    });
  });

  test("RTCP is refused when replayed, forged, truncated, too old or not encrypted", ({ receiver, reference }) => {
    const compound = random(60);
    const packet = reference.sealRtcp(compound, 5000) as Bytes;
    for (let i = 0; i < packet.length; i++) {
      const forged = packet.slice();
      forged[i]! ^= 1 << (7 - (i % 8));
      expect(receiver.unprotectRtcp(forged, forged.length)).toBeUndefined();
      expect(receiver.unprotectRtcp(packet, i)).toBeUndefined();
    }
    expect(receiver.unprotectRtcp(packet, packet.length + 1)).toBeUndefined();
    expect(receiver.unprotectRtcp(packet, packet.length)?.slice()).toEqual(compound);
    expect(receiver.unprotectRtcp(packet, packet.length)).toBeUndefined();
    const earlier = reference.sealRtcp(compound, 4990) as Bytes;
    expect(receiver.unprotectRtcp(earlier, earlier.length)).toBeDefined();
    expect(receiver.unprotectRtcp(earlier, earlier.length)).toBeUndefined();
    const old = reference.sealRtcp(compound, 10) as Bytes;
    expect(receiver.unprotectRtcp(old, old.length)).toBeUndefined();
  });

  test("each ssrc has its own series, within a bound", ({ receiver, reference }) => {
    const send = (ssrc: number, sequence: number) => {
      const header = rtpHeader(sequence);
      new DataView(header.buffer).setUint32(8, ssrc);
      return unprotect(receiver, reference.sealRtp(header, random(5), ssrc, sequence) as Bytes);
    };
    for (let ssrc = 0; ssrc < MAX_SSRCS; ssrc++) expect(send(ssrc, 7)).toBeDefined();
    for (let ssrc = 0; ssrc < MAX_SSRCS; ssrc++) expect(send(ssrc, 7)).toBeUndefined();
    expect(send(0, 8)).toBeDefined();
    // One more makes the longest silent one forgotten, which is 1 and not 0.
    expect(send(MAX_SSRCS, 7)).toBeDefined();
    expect(send(0, 8)).toBeUndefined();
    expect(send(1, 7)).toBeDefined();
    receiver.forget(0);
    expect(send(0, 8)).toBeDefined();
  });

  test("nothing is opened or sealed after closing", ({ sender, receiver }) => {
    const packet = protect(sender, rtpHeader(5), random(20), 5);
    const report = protectRtcp(sender, random(40));
    for (const session of [sender, receiver]) {
      session.close();
      session.close();
    }
    expect(unprotect(receiver, packet)).toBeUndefined();
    expect(receiver.unprotectRtcp(report, report.length)).toBeUndefined();
    expect(protect(sender, rtpHeader(6), random(20), 6)).toEqual(new Uint8Array(0));
    expect(protectRtcp(sender, random(40))).toEqual(new Uint8Array(0));
  });
}

Deno.test("AES-GCM seals nothing twice under one index, and stays able to send what is late", () => {
  using ends = link("AEAD_AES_128_GCM");
  const { sender, receiver } = ends;
  const first = protect(sender, rtpHeader(40), random(20), 40);
  expect(protect(sender, rtpHeader(40), random(20), 40)).toEqual(new Uint8Array(0));
  const late = protect(sender, rtpHeader(39), random(20), 39);
  expect(protect(sender, rtpHeader(39), random(20), 39)).toEqual(new Uint8Array(0));
  expect(unprotect(receiver, first)).toBeDefined();
  expect(unprotect(receiver, late)).toBeDefined();
});

Deno.test("counter mode sends a packet again as it was", () => {
  using ends = link("AES128_CM_HMAC_SHA1_80");
  const header = rtpHeader(40);
  const payload = random(20);
  const first = protect(ends.sender, header, payload, 40);
  expect(protect(ends.sender, header, payload, 40)).toEqual(first);
});

Deno.test("keys whose lengths don't fit their profile are refused", () => {
  const salt = random(14);
  const keys = { localKey: random(16), localSalt: salt, remoteKey: random(16), remoteSalt: salt };
  expect(() => createSrtpSession({ profile: "AEAD_AES_128_GCM", ...keys })).toThrow(RangeError);
});
