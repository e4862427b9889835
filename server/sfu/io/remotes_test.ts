import { expect } from "@std/expect";
import { RemoteCache, STRANGERS } from "./remotes.ts";
import type { Remote } from "../ports.ts";

function remote(port: number): Remote {
  return { address: "192.0.2.1", port, family: 4 };
}

Deno.test("strangers from ever new addresses don't fill the memory", () => {
  const cache = new RemoteCache<number>();
  for (let port = 0; port < 20 * STRANGERS; port++) cache.add(port, remote(port));
  expect(cache.size).toBeLessThanOrEqual(2 * STRANGERS);
});

Deno.test("a remote that is kept stays the same object through any number of strangers", () => {
  const cache = new RemoteCache<number>();
  const peer = remote(1);
  cache.add(1, peer);
  cache.keep(1, peer);
  for (let port = 2; port < 20 * STRANGERS; port++) cache.add(port, remote(port));
  expect(cache.get(1)).toBe(peer);
});

Deno.test("a stranger that goes on speaking is remembered", () => {
  const cache = new RemoteCache<number>();
  const peer = remote(1);
  cache.add(1, peer);
  for (let port = 2; port < 20 * STRANGERS; port++) {
    cache.add(port, remote(port));
    if (port % (STRANGERS / 2) === 0) expect(cache.get(1)).toBe(peer);
  }
  expect(cache.get(1)).toBe(peer);
});

Deno.test("a remote is forgotten after the last of its holders released it", () => {
  const cache = new RemoteCache<number>();
  const peer = remote(1);
  cache.keep(1, peer);
  cache.keep(1, peer);
  cache.release(1);
  for (let port = 2; port < 5 * STRANGERS; port++) cache.add(port, remote(port));
  expect(cache.get(1)).toBe(peer);
  cache.release(1);
  expect(cache.get(1)).toBe(peer);
  for (let port = 2; port < 5 * STRANGERS; port++) cache.add(port + 1e6, remote(port));
  expect(cache.get(1)).toBeUndefined();
  cache.release(1);
});
