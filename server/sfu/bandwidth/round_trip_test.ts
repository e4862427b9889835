import { expect } from "@std/expect";
import { RoundTrip } from "./round_trip.ts";

const REPORT = { ntpHigh: 0x00001234, ntpLow: 0x56780000 };
const BLOCK = {
  ssrc: 1,
  fractionLost: 0,
  cumulativeLost: 0,
  highestSequence: 0,
  jitter: 0,
  lastSenderReport: 0x12345678,
  delaySinceLastSenderReport: 32768,
};

Deno.test("the receiver's delay is taken off", () => {
  const roundTrip = new RoundTrip();
  roundTrip.sent(REPORT, 1000);
  roundTrip.receive(BLOCK, 1580);
  expect(roundTrip.ms).toBe(80);
});

Deno.test("answers to other reports and impossible delays change nothing", () => {
  const roundTrip = new RoundTrip();
  roundTrip.receive(BLOCK, 1580);
  roundTrip.sent(REPORT, 1000);
  roundTrip.receive({ ...BLOCK, lastSenderReport: 7 }, 1580);
  roundTrip.receive({ ...BLOCK, delaySinceLastSenderReport: 0xffffffff }, 1580);
  expect(roundTrip.ms).toBeUndefined();
});
