import { expect } from "@std/expect";
import { RequestWatch } from "./request_watch.ts";

const LIMITS = { headerMs: 10_000, bodyMs: 30_000, idleMs: 75_000 };

/** The connections of a server as a test says. */
function watched() {
  const peers = new Map<string, { silentMs: number }>();
  const ended: string[] = [];
  const clock = { now: 0 };
  const watch = new RequestWatch(
    {
      peers: () => [...peers.keys()],
      silentMs: (peer) => peers.get(peer)?.silentMs ?? null,
      end: (peer) => ended.push(peer) > 0,
    },
    LIMITS,
    () => clock.now,
  );
  const check = (now: number) => {
    clock.now = now;
    watch.check();
    return ended.splice(0);
  };
  return { peers, watch, check };
}

Deno.test("RequestWatch ends what asks for nothing in time", () => {
  const { peers, watch, check } = watched();
  peers.set("silent", { silentMs: 0 });
  peers.set("asking", { silentMs: 0 });
  expect(check(0)).toEqual([]);
  watch.asked("asking", false);
  expect(check(9_999)).toEqual([]);
  expect(check(10_000)).toEqual(["silent"]);
});

Deno.test("RequestWatch ends a body that stopped coming, and lets a slow one come", () => {
  const { peers, watch, check } = watched();
  peers.set("stopped", { silentMs: 0 });
  peers.set("slow", { silentMs: 0 });
  watch.asked("stopped", true);
  watch.asked("slow", true);
  peers.set("stopped", { silentMs: 30_000 });
  peers.set("slow", { silentMs: 29_000 });
  expect(check(600_000)).toEqual(["stopped"]);
});

Deno.test("RequestWatch leaves answers on their way and WebSockets alone, and ends what idles after an answer", () => {
  const { peers, watch, check } = watched();
  for (const peer of ["idle", "download", "socket"]) peers.set(peer, { silentMs: 600_000 });
  const idle = watch.asked("idle", true);
  watch.asked("download", true).answered();
  const socket = watch.asked("socket", false);
  socket.upgraded();
  socket.answered();
  socket.done();
  expect(check(1_000)).toEqual(["idle"]);
  idle.answered();
  idle.done();
  expect(check(75_999)).toEqual([]);
  expect(check(76_000)).toEqual(["idle"]);
});

Deno.test("RequestWatch forgets connections that are gone, and knows another of the same name anew", () => {
  const { peers, watch, check } = watched();
  peers.set("peer", { silentMs: 0 });
  watch.asked("peer", false).upgraded();
  expect(check(20_000)).toEqual([]);
  peers.delete("peer");
  expect(check(21_000)).toEqual([]);
  peers.set("peer", { silentMs: 0 });
  expect(check(22_000)).toEqual([]);
  expect(check(32_000)).toEqual(["peer"]);
});
