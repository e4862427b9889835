import { expect } from "@std/expect";
import { addressName, Attempts } from "./attempts.ts";

let now = 0;
const clock = () => now;
const rules = { address: { burst: 3, forgetMs: 1000 } };

Deno.test("the first failures are free, and then the key waits", () => {
  const attempts = new Attempts(rules, clock);
  for (let failure = 0; failure < 2; failure++) {
    attempts.fail("address:a");
    expect(attempts.blockedForMs("address:a")).toBe(0);
  }
  attempts.fail("address:a");
  expect(attempts.blockedForMs("address:a")).toBe(1000);
  expect(attempts.blockedForMs("address:b")).toBe(0);
});

Deno.test("failures are forgotten with time, one after the other", () => {
  const attempts = new Attempts(rules, clock);
  for (let failure = 0; failure < 3; failure++) attempts.fail("address:a");
  now += 400;
  expect(attempts.blockedForMs("address:a")).toBe(600);
  now += 600;
  expect(attempts.blockedForMs("address:a")).toBe(0);
  attempts.fail("address:a");
  expect(attempts.blockedForMs("address:a")).toBe(1000);
});

Deno.test("hammering while blocked doesn't make the wait longer than one slot", () => {
  const attempts = new Attempts(rules, clock);
  for (let failure = 0; failure < 1000; failure++) attempts.fail("address:a");
  expect(attempts.blockedForMs("address:a")).toBe(1000);
});

Deno.test("memory is bounded, and the oldest failure is forgotten first", () => {
  const attempts = new Attempts({ address: { burst: 1, forgetMs: 1e9 } }, clock);
  for (let index = 0; index <= 100_000; index++) attempts.fail(`address:${index}`);
  expect(attempts.size).toBe(100_000);
  expect(attempts.blockedForMs("address:0")).toBe(0);
  expect(attempts.blockedForMs("address:1")).toBeGreaterThan(0);
});

Deno.test("IPv6 addresses are counted by their network", () => {
  const same = ["2001:db8:1:2::1", "2001:0DB8:1:2:ffff::9", "2001:db8:1:2:3:4:5:6"];
  expect(new Set(same.map(addressName))).toEqual(new Set(["2001:db8:1:2::/64"]));
  expect(addressName("2001:db8::1")).toBe("2001:db8:0:0::/64");
  expect(addressName("::1")).toBe("0:0:0:0::/64");
  expect(addressName("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
  expect(addressName("::ffff:192.0.2.9")).toBe("192.0.2.9");
  expect(addressName("192.0.2.9")).toBe("192.0.2.9");
});
