import { expect } from "@std/expect";
import { PeerClock } from "./peer_clock.ts";

Deno.test("PeerClock goes by the quickest message, however late the others come", () => {
  const peer = new PeerClock();
  // Theirs began 1000 ms after ours.
  for (const [sent, delay] of [[0, 80], [200, 2], [400, 900], [10_000, 40]] as const) {
    peer.hear(sent, sent + 1000 + delay);
  }
  expect(peer.behindMs).toBe(1002);
  expect(peer.at(5000)).toBe(3998);
});
