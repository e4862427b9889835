import { expect } from "@std/expect";
import { ReceiverStats } from "./receiver_stats.ts";

Deno.test("a steady stream has no loss and no jitter", () => {
  const stats = new ReceiverStats(48_000);
  for (let n = 0; n < 100; n++) stats.receive(65536 + n, n * 960, 100, n * 20);
  expect(stats.report(7, 2000)).toEqual({
    ssrc: 7,
    fractionLost: 0,
    cumulativeLost: 0,
    highestSequence: 65536 + 99,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  });
  expect([stats.packets, stats.bytes, stats.lost]).toEqual([100, 10_000, 0]);
});

Deno.test("the fraction is of the span since the last report, the total of all time", () => {
  const stats = new ReceiverStats(48_000);
  for (let n = 0; n < 64; n++) if (n % 4 !== 1) stats.receive(n, n * 960, 100, n * 20);
  expect(stats.report(7, 1280)).toMatchObject({ fractionLost: 64, cumulativeLost: 16 });
  for (let n = 64; n < 128; n++) stats.receive(n, n * 960, 100, n * 20);
  expect(stats.report(7, 2560)).toMatchObject({ fractionLost: 0, cumulativeLost: 16 });
  for (let n = 0; n < 16; n++) stats.recover(100);
  expect(stats.lost).toBe(0);
});

Deno.test("jitter converges on the mean deviation of RFC 3550 §A.8", () => {
  const stats = new ReceiverStats(90_000);
  for (let n = 0; n < 500; n++) {
    stats.receive(n, (n * 3000) >>> 0, 1000, n * 1000 / 30 + (n % 2 === 0 ? 0 : 4));
  }
  expect(stats.jitterMs).toBeGreaterThan(3.9);
  expect(stats.jitterMs).toBeLessThan(4.1);
});

Deno.test("jitter doesn't see the timestamp wrap", () => {
  const stats = new ReceiverStats(48_000);
  for (let n = 0; n < 20; n++) {
    stats.receive(n, (0xffffffff - 5000 + n * 960) >>> 0, 100, n * 20);
  }
  expect(stats.jitterMs).toBe(0);
});

Deno.test("the delay since the last sender report is told in 65536ths of a second", () => {
  const stats = new ReceiverStats(48_000);
  stats.receive(1, 0, 100, 0);
  stats.receiveSenderReport({
    type: "sender-report",
    ssrc: 1,
    ntpHigh: 0x12345678,
    ntpLow: 0x9abcdef0,
    rtpTimestamp: 0,
    packets: 1,
    octets: 1,
    reports: [],
  }, 1000);
  expect(stats.report(1, 1500)).toMatchObject({
    lastSenderReport: 0x56789abc,
    delaySinceLastSenderReport: 32768,
  });
});

Deno.test("nothing is reported before the first packet", () => {
  expect(new ReceiverStats(48_000).report(1, 0)).toBeUndefined();
});
