/** Short seeded runs of the packet fuzzers; `deno task fuzz NAME` does long ones. */
import { expect } from "@std/expect";
import { fuzz as fuzzMedia } from "../fuzz/media.ts";
import { fuzz as fuzzRtcp } from "../fuzz/rtcp.ts";
import { fuzz as fuzzRtp } from "../fuzz/rtp.ts";
import { fuzz as fuzzRtpParameters } from "../fuzz/rtpParameters.ts";
import { fuzz as fuzzStun } from "../fuzz/stun.ts";

const SEED = 20_261_122;

Deno.test("the media port withstands strangers, men in the middle and bad participants, and lessons go on", async () => {
  const { violations, ...figures } = await fuzzMedia({ seed: SEED, runs: 25_000 });
  expect(violations).toEqual([]);
  expect(figures["honest"]).toBeGreaterThan(3000);
  expect(figures["insideForwarded"]).toBeGreaterThan(300);
  expect(figures["handshakes"]).toBeGreaterThan(1);
});

Deno.test("whatever people announce and servers answer, descriptions hold the server's own words alone", async () => {
  const { violations, ...figures } = await fuzzRtpParameters({ seed: SEED, runs: 20_000 });
  expect(violations).toEqual([]);
  expect(figures["consumed"]).toBeGreaterThan(2000);
  expect(figures["described"]).toBeGreaterThan(1500);
});

for (const [name, fuzz] of Object.entries({ fuzzStun, fuzzRtp, fuzzRtcp })) {
  Deno.test(`damaged packets have no effect that they shouldn't (${name})`, async () => {
    const { violations } = await fuzz({ seed: SEED, runs: 4000 });
    expect(violations).toEqual([]);
  });
}
