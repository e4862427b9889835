import { expect } from "@std/expect";
import {
  parseTransportFeedback,
  type TransportFeedback,
  writeTransportFeedback,
} from "./transport_feedback.ts";

function feedback(arrivals: (number | undefined)[]): TransportFeedback {
  return {
    type: "transport-feedback",
    senderSsrc: 1,
    mediaSsrc: 2,
    baseSequence: 100,
    referenceTime: 7,
    feedbackCount: 3,
    arrivals,
  };
}

function roundTrip(message: TransportFeedback): TransportFeedback | undefined {
  const bytes = writeTransportFeedback(message);
  expect(bytes.length % 4).toBe(0);
  return parseTransportFeedback(new DataView(bytes.buffer));
}

Deno.test("runs, vectors and single packets all read back", () => {
  const steady = Array.from({ length: 60 }, (_, i) => i * 5);
  const holes = steady.map((arrival, i) => (i % 3 === 1 ? undefined : arrival));
  const burst = [...steady, ...Array<undefined>(40).fill(undefined), 2000, 1990];
  for (const arrivals of [[0], [undefined, 3], steady, holes, burst]) {
    expect(roundTrip(feedback(arrivals))).toEqual(feedback(arrivals));
  }
});

Deno.test("a steady run of packets costs one chunk and one byte a packet", () => {
  const steady = Array.from({ length: 100 }, (_, i) => i * 5);
  expect(writeTransportFeedback(feedback(steady)).length).toBe((20 + 2 + 100 + 3) & ~3);
});

Deno.test("one-bit vectors of other senders are read", () => {
  const bytes = Uint8Array.of(
    ...[0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 100, 0, 3, 0, 0, 7, 3],
    ...[0b1010_0000 | 0x80, 0, 9, 0],
  );
  bytes[20] = 0b10101000;
  bytes[22] = 9;
  bytes[23] = 4;
  expect(parseTransportFeedback(new DataView(bytes.buffer))?.arrivals).toEqual([9, undefined, 13]);
});

Deno.test("a message that promises more than it holds is refused", () => {
  const bytes = writeTransportFeedback(feedback([0, 1000, 2000, 3000]));
  for (let length = 0; length < bytes.length; length += 4) {
    expect(parseTransportFeedback(new DataView(bytes.buffer, 0, length))).toBeUndefined();
  }
});
