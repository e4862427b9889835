import { expect } from "@std/expect";
import { KeyFrameRequests, THROTTLE_MS } from "./keyframes.ts";

Deno.test("the first request goes out at once, a hundred more become one", () => {
  const requests = new KeyFrameRequests();
  requests.want();
  expect(requests.poll(0)).toBe(true);
  requests.receiveKeyFrame();
  let sent = 0;
  for (let atMs = 1; atMs < THROTTLE_MS + 50; atMs += 5) {
    if (atMs < 300) requests.want();
    if (requests.poll(atMs)) {
      sent++;
      expect(atMs).toBeGreaterThanOrEqual(THROTTLE_MS);
    }
  }
  expect(sent).toBe(1);
});

Deno.test("a request without an answer is repeated a few times, then given up", () => {
  const requests = new KeyFrameRequests();
  requests.want();
  let sent = 0;
  for (let atMs = 0; atMs < 60_000; atMs += 10) if (requests.poll(atMs)) sent++;
  expect(sent).toBe(5);
});

Deno.test("a key frame answers what waits", () => {
  const requests = new KeyFrameRequests();
  requests.want();
  expect(requests.poll(0)).toBe(true);
  requests.want();
  requests.receiveKeyFrame();
  expect(requests.poll(10_000)).toBe(false);
});

Deno.test("however many ask, after a few in a row a publisher is asked once a second", () => {
  const requests = new KeyFrameRequests();
  let sent = 0;
  for (let atMs = 0; atMs < 60_000; atMs += 10) {
    requests.passOn();
    if (requests.poll(atMs)) sent++;
    requests.receiveKeyFrame();
  }
  expect(sent).toBeGreaterThanOrEqual(60);
  expect(sent).toBeLessThanOrEqual(64);
});

Deno.test("a receiver's own request is passed on once, and repeated by the receiver alone", () => {
  const requests = new KeyFrameRequests();
  requests.passOn();
  let sent = 0;
  for (let atMs = 0; atMs < 60_000; atMs += 10) if (requests.poll(atMs)) sent++;
  expect(sent).toBe(1);
});
