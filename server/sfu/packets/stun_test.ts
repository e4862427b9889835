import { expect } from "@std/expect";
import { createHmac } from "node:crypto";
import type { Remote } from "../ports.ts";
import {
  addressBytes,
  type Hmac,
  parseBindingRequest,
  verifyBindingRequest,
  writeBindingRequest,
  writeBindingSuccess,
  writeRoleConflict,
} from "./stun.ts";

const hmac: Hmac = (key, data) => new Uint8Array(createHmac("sha1", key).update(data).digest());
const text = new TextEncoder();

function parse(bytes: Uint8Array) {
  const copy = bytes.slice();
  return parseBindingRequest(copy, new DataView(copy.buffer), copy.length);
}

/** RFC 5769 §2.1. */
const RFC_SAMPLE = Uint8Array.from(
  ("000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74" +
    "002400046e0001ff80290008932ff9b151263b36000600096576746a3a6836765920202000080014" +
    "9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf").match(/../g)!,
  (pair) => parseInt(pair, 16),
);
const RFC_PASSWORD = text.encode("VOkJxbRl1RmTxUk/WvJxBt");

Deno.test("the sample request of RFC 5769 is read and verified", () => {
  const request = parse(RFC_SAMPLE);
  expect(request).toMatchObject({ localUfrag: "evtj", controlled: true, useCandidate: false });
  expect(verifyBindingRequest(RFC_SAMPLE, request!, RFC_PASSWORD, hmac)).toBe(true);
  expect(verifyBindingRequest(RFC_SAMPLE, request!, text.encode("other"), hmac)).toBe(false);
});

Deno.test("no single flipped bit of a request passes", () => {
  for (let bit = 0; bit < RFC_SAMPLE.length * 8; bit++) {
    const flipped = RFC_SAMPLE.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    const request = parse(flipped);
    const passes = request !== undefined &&
      verifyBindingRequest(flipped, request, RFC_PASSWORD, hmac);
    expect(passes).toBe(false);
  }
});

Deno.test("no truncated request passes", () => {
  for (let length = 0; length < RFC_SAMPLE.length; length++) {
    expect(parse(RFC_SAMPLE.slice(0, length))).toBeUndefined();
  }
});

const PASSWORD = text.encode("a password of 24 letters");
const TRANSACTION = Uint8Array.from({ length: 12 }, (_, i) => i * 7);

function request(options: { useCandidate?: boolean; controlled?: boolean } = {}) {
  return writeBindingRequest(
    { username: "ours:theirs", transactionId: TRANSACTION, ...options },
    PASSWORD,
    hmac,
  );
}

Deno.test("a nominating request is told from a plain one", () => {
  expect(parse(request())?.useCandidate).toBe(false);
  expect(parse(request({ useCandidate: true }))?.useCandidate).toBe(true);
});

Deno.test("the answer carries the peer's address, its transaction and valid integrity", () => {
  const from: Remote = { address: "192.0.2.1", port: 32853, family: 4 };
  const answer = writeBindingSuccess(parse(request())!, from, PASSWORD, hmac);
  const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
  expect(view.getUint16(0)).toBe(0x0101);
  expect(view.getUint16(2)).toBe(answer.length - 20);
  expect(answer.slice(8, 20)).toEqual(TRANSACTION);
  expect(view.getUint16(20)).toBe(0x0020);
  expect(view.getUint16(26) ^ 0x2112).toBe(32853);
  expect((view.getUint32(28) ^ 0x2112a442) >>> 0).toBe(0xc0000201);
  // Read it as a request to have fingerprint and integrity checked by the same code.
  const covered = answer.slice(0, 32);
  covered[3] = 32 - 20 + 24;
  expect(answer.slice(36, 56)).toEqual(hmac(PASSWORD, covered));
});

Deno.test("an IPv6 answer is combined with the transaction id", () => {
  const from: Remote = { address: "2001:db8::1", port: 5, family: 6 };
  const answer = writeBindingSuccess(parse(request())!, from, PASSWORD, hmac);
  const mask = answer.slice(4, 20);
  const address = answer.slice(28, 44).map((byte, i) => byte ^ mask[i]!);
  expect([...address]).toEqual([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
});

Deno.test("a role conflict is answered with 487", () => {
  const answer = writeRoleConflict(parse(request({ controlled: true }))!, PASSWORD, hmac);
  expect([...answer.slice(0, 2)]).toEqual([1, 0x11]);
  expect([...answer.slice(20, 28)]).toEqual([0, 9, 0, 4, 0, 0, 4, 87]);
});

Deno.test("IPv6 texts of every form become sixteen bytes", () => {
  const bytes = (address: string) => addressBytes({ address, port: 1, family: 6 });
  expect(bytes("::")).toEqual(Array(16).fill(0));
  expect(bytes("::1")).toEqual([...Array(15).fill(0), 1]);
  expect(bytes("fe80::1%eth0").slice(0, 2)).toEqual([0xfe, 0x80]);
  expect(bytes("::ffff:1.2.3.4").slice(10)).toEqual([255, 255, 1, 2, 3, 4]);
  expect(bytes("1:2:3:4:5:6:7:8")).toHaveLength(16);
});
