import { readFragment } from "../../rooms/contract/link_fragment.ts";
import { expect } from "@std/expect";
import { type HttpServer, LESSON, startHttp } from "../support/http/http_server.ts";
import type { Rooms } from "../../server/socket/ports.ts";

const HOUR_MS = 3_600_000;

interface Booked {
  meetingId: string;
  passcode: string;
  links: { name: string; url: string }[];
}

async function book(server: HttpServer, change: Record<string, unknown> = {}): Promise<Booked> {
  const response = await server.api("POST", "/meetings", { ...LESSON, ...change });
  expect(response.status).toBe(201);
  return await response.json();
}

const inviteOf = (booked: Booked, name: string) =>
  readFragment(new URL(booked.links.find((link) => link.name === name)!.url).hash).invite!;

const join = (server: HttpServer, body: Record<string, unknown>, address?: string) =>
  server.send("/api/join", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }, address);

Deno.test("a personal link says who you are, and who is there", async () => {
  await using server = await startHttp();
  const booked = await book(server);
  server.present.set(booked.meetingId, ["Mia"]);
  const { meetingId, passcode } = booked;
  const response = await join(server, { meetingId, passcode, invite: inviteOf(booked, "Ada") });
  expect(await response.json()).toEqual({
    title: "Algebra with Mia",
    scheduledStart: null,
    scheduledEnd: null,
    opensAt: null,
    closesAt: null,
    isRecorded: true,
    encryption: "e2ee",
    you: { name: "Ada", role: "student", locale: null },
    present: ["Mia"],
    willWait: false,
  });
});

Deno.test("a lesson is recorded unless its booking says otherwise, and the lobby knows which", async () => {
  await using server = await startHttp();
  for (const [change, isRecorded] of [[{}, true], [{ isRecorded: false }, false]] as const) {
    const { meetingId, passcode } = await book(server, change);
    const info = await (await join(server, { meetingId, passcode })).json();
    expect(info).toMatchObject({ isRecorded });
  }
});

Deno.test("without an invite the guest will wait, unless the policy lets everybody in", async () => {
  await using server = await startHttp();
  const { meetingId, passcode } = await book(server);
  expect(await (await join(server, { meetingId, passcode })).json())
    .toMatchObject({ you: null, willWait: true });
  const open = await book(server, { policy: { waitingRoom: false } });
  const answer = await join(server, { meetingId: open.meetingId, passcode: open.passcode });
  expect(await answer.json()).toMatchObject({ you: null, willWait: false });
  // What the host has changed since the booking counts.
  const { policy } = (await server.storage.meetings.find(open.meetingId))!;
  server.policies.set(open.meetingId, { ...policy, waitingRoom: true });
  const now = await join(server, { meetingId: open.meetingId, passcode: open.passcode });
  expect(await now.json()).toMatchObject({ willWait: true });
});

Deno.test("an admitted guest comes back with the session of the tab", async () => {
  await using server = await startHttp();
  const { meetingId, passcode } = await book(server);
  const guest = { participantId: "p", name: "Zoe", role: "student" as const, userId: null };
  const session = await server.storage.meetings.openSession(meetingId, guest);
  expect(await (await join(server, { meetingId, passcode, session })).json())
    .toMatchObject({ you: { name: "Zoe", role: "student" }, willWait: false });
});

Deno.test("nobody without the passcode learns whether a lesson exists, is to come, over or called off", async () => {
  await using server = await startHttp();
  await Deno.writeTextFile(`${server.clientDir}/room.html`, "<title>Lectern</title>");
  const hours = (count: number) => new Date(server.clock.now + count * HOUR_MS).toISOString();
  const expired = await book(server, { scheduledStart: hours(-2), scheduledEnd: hours(0.1) });
  server.clock.now += HOUR_MS;
  const open = await book(server);
  const early = await book(server, { scheduledStart: hours(2), scheduledEnd: hours(3) });
  const cancelled = await book(server);
  await server.api("POST", `/meetings/${cancelled.meetingId}/cancel`);
  const ended = await book(server);
  await server.api("POST", `/meetings/${ended.meetingId}/end`);
  const ids = [open, early, expired, cancelled, ended].map(({ meetingId }) => meetingId);

  const answers = new Set<string>();
  for (const [index, meetingId] of ["k3v9x2m7qa", ...ids].entries()) {
    const page = await server.send(`/video-room/${meetingId}?passcode=wrong`);
    const refusal = await join(server, { meetingId, passcode: "wrong" }, `192.0.2.${index}`);
    const forged = await join(
      server,
      { meetingId, passcode: "wrong", invite: inviteOf(open, "Ada").replace(/.$/, "!") },
      `198.51.100.${index}`,
    );
    expect([page.status, refusal.status, forged.status]).toEqual([200, 401, 401]);
    const seen = [page, refusal, forged].map(async (answer) =>
      JSON.stringify([[...answer.headers], await answer.text()])
    );
    answers.add((await Promise.all(seen)).join("\n"));
  }
  expect(answers.size).toBe(1);
});

Deno.test("a lesson that is over is offered as a recording to who was booked, and to nobody else", async () => {
  await using server = await startHttp();
  const booked = await book(server, { isRecorded: true });
  const other = await book(server, { isRecorded: true });
  const { meetingId, passcode } = booked;
  const { meetings } = server.storage;
  const sam = { participantId: "guest", name: "Sam", role: "student" as const, userId: null };
  const session = await meetings.openSession(meetingId, sam);
  const recordingId = await server.record(meetingId);
  await server.api("POST", `/meetings/${meetingId}/end`);

  const offered = async (extra: Record<string, string>) => {
    const response = await join(server, { meetingId, passcode, ...extra });
    const { code, recordingUrl } = await response.json();
    expect([response.status, code]).toEqual([410, "over"]);
    return recordingUrl;
  };
  const invite = inviteOf(booked, "Ada");
  expect(await offered({ invite })).toBe(`/recordings/${recordingId}`);
  expect(await offered({})).toBeNull();
  expect(await offered({ session })).toBeNull();
  expect(await offered({ invite: inviteOf(other, "Ada") })).toBeNull();
  const watch = await server.send(`/api/recordings/${recordingId}`, {
    headers: { authorization: `Bearer ${invite}` },
  });
  expect(watch.status).toBe(200);
  await watch.body?.cancel();
});

Deno.test("links work from a quarter of an hour before the start until the end and its grace", async () => {
  await using server = await startHttp();
  const start = server.clock.now + 5 * HOUR_MS;
  const { meetingId, passcode } = await book(server, {
    scheduledStart: new Date(start).toISOString(),
    scheduledEnd: new Date(start + HOUR_MS).toISOString(),
  });
  const at = async (now: number) => {
    server.clock.now = now;
    const response = await join(server, { meetingId, passcode });
    return [response.status, await response.json()] as const;
  };
  const early = start - 15 * 60_000;
  const [status, problem] = await at(early - 1);
  expect(status).toBe(403);
  expect(problem).toMatchObject({
    code: "too-early",
    opensAt: new Date(early).toISOString(),
    meetingTitle: "Algebra with Mia",
  });
  expect((await at(early))[0]).toBe(200);
  expect((await at(start + HOUR_MS + 15 * 60_000 - 1))[0]).toBe(200);
  expect((await at(start + HOUR_MS + 15 * 60_000))[1]).toMatchObject({ code: "over", status: 410 });
});

Deno.test("a cancelled, an ended and a forbidden lesson each say so", async () => {
  await using server = await startHttp();
  const cancelled = await book(server);
  await server.api("POST", `/meetings/${cancelled.meetingId}/cancel`);
  const ended = await book(server);
  await server.api("POST", `/meetings/${ended.meetingId}/end`);
  const removed = await book(server);
  const invite = inviteOf(removed, "Ada");
  const ada = await server.storage.meetings.findInvite(removed.meetingId, invite);
  if (ada === null || ada === "revoked") throw new Error("Ada's invite must work");
  await server.storage.meetings.removeParticipant(removed.meetingId, ada.participantId);

  const code = async ({ meetingId, passcode }: Booked, extra = {}) =>
    (await (await join(server, { meetingId, passcode, ...extra })).json()).code;
  expect(await code(cancelled)).toBe("cancelled");
  expect(await code(ended)).toBe("over");
  expect(await code(removed, { invite })).toBe("removed");
});

Deno.test("guessing passcodes is slowed down by address, and waiting lifts it", async () => {
  await using server = await startHttp();
  const { meetingId, passcode } = await book(server);
  let last = await join(server, { meetingId, passcode: "guess" });
  for (let guess = 0; guess < 20; guess++) {
    last = await join(server, { meetingId, passcode: "guess" });
  }
  expect(last.status).toBe(429);
  const waitS = Number(last.headers.get("retry-after"));
  expect(waitS).toBeGreaterThan(0);
  expect((await join(server, { meetingId, passcode })).status).toBe(429);
  expect((await join(server, { meetingId, passcode }, "192.0.2.2")).status).toBe(200);
  server.clock.now += waitS * 1000;
  expect((await join(server, { meetingId, passcode })).status).toBe(200);
});

Deno.test("many addresses together are slowed down by meeting, and a personal link still opens it", async () => {
  await using server = await startHttp();
  const booked = await book(server);
  const { meetingId, passcode } = booked;
  for (let guess = 0; guess < 120; guess++) {
    await join(server, { meetingId, passcode: "guess" }, `198.51.100.${guess}`);
  }
  expect((await join(server, { meetingId, passcode }, "203.0.113.9")).status).toBe(429);
  const invite = inviteOf(booked, "Mia");
  expect((await join(server, { meetingId, passcode, invite }, "203.0.113.9")).status).toBe(200);
  const other = await book(server);
  const elsewhere = { meetingId: other.meetingId, passcode: other.passcode };
  expect((await join(server, elsewhere, "203.0.113.9")).status).toBe(200);
});

Deno.test("behind a trusted proxy the proxy's own entry names the caller", async () => {
  await using server = await startHttp({ trustProxy: true });
  await server.send("/healthz", { headers: { "x-forwarded-for": "10.9.9.9, 203.0.113.5" } });
  expect(server.log.at(-1)).toContain('"address":"203.0.113.5"');
  await using direct = await startHttp();
  await direct.send("/healthz", { headers: { "x-forwarded-for": "203.0.113.5" } });
  expect(direct.log.at(-1)).toContain('"address":"192.0.2.1"');
});

Deno.test("a socket is counted for its caller's address, by the network of IPv6, and by the proxy's word where it is trusted", async () => {
  const counted: string[] = [];
  const rooms = {
    upgrade(_request, { address }) {
      counted.push(address);
      return new Response(null, { status: 426 });
    },
  } as Partial<Rooms> as Rooms;
  await using direct = await startHttp({ rooms });
  await using proxied = await startHttp({ rooms, trustProxy: true });
  const headers = { "x-forwarded-for": "10.9.9.9, 2001:db8:1:2::77" };
  await direct.send("/api/socket", { headers }, "2001:db8:1:2::1");
  await direct.send("/api/socket", { headers }, "::ffff:192.0.2.7");
  await proxied.send("/api/socket", { headers }, "127.0.0.1");
  expect(counted).toEqual(["2001:db8:1:2::/64", "192.0.2.7", "2001:db8:1:2::/64"]);
});

Deno.test("neither passcodes nor tokens reach the log", async () => {
  await using server = await startHttp();
  const booked = await book(server);
  const { meetingId, passcode } = booked;
  const invite = inviteOf(booked, "Ada");
  await join(server, { meetingId, passcode, invite });
  await join(server, { meetingId, passcode: `${passcode}-wrong`, invite });
  await server.send(`/video-room/${meetingId}?passcode=${passcode}`);
  const log = server.log.join("\n");
  expect(log).toContain(`/video-room/${meetingId}`);
  expect(log).not.toContain(passcode);
  expect(log).not.toContain(invite);
});

Deno.test("a lesson to try is made for the instance's own page, and for nobody else's", async () => {
  await using server = await startHttp({ publicUrl: "http://localhost:8080" });
  const ask = async (headers: Record<string, string>) => {
    const { status } = await server.send("/api/try", { method: "POST", headers });
    const instance = await (await server.send("/api/instance", { headers })).json();
    expect(instance.tryIt).toBe(status === 201);
    return status;
  };
  const own = { host: "localhost:8080", origin: "http://localhost:8080" };
  for (
    const headers of [
      own,
      { host: "127.0.0.1:8080", origin: "http://127.0.0.1:8080" },
      { host: "[::1]:8080" },
      { host: "localhost:8080" },
    ] as Record<string, string>[]
  ) {
    expect([headers, await ask(headers)]).toEqual([headers, 201]);
  }
  for (
    const headers of [
      { host: "rebound.example:8080", origin: "http://rebound.example:8080" },
      { host: "localhost.rebound.example" },
      { ...own, origin: "https://evil.example" },
      { ...own, origin: "http://localhost:3000" },
      { ...own, origin: "null" },
      { ...own, "x-forwarded-for": "203.0.113.5" },
      { ...own, "x-forwarded-host": "lessons.example.org" },
      { ...own, forwarded: "for=203.0.113.5" },
      { ...own, via: "1.1 proxy" },
      { ...own, "x-real-ip": "203.0.113.5" },
    ] as Record<string, string>[]
  ) {
    expect([headers, await ask(headers)]).toEqual([headers, 403]);
  }
});

Deno.test("a public instance for trying out makes lessons under its own name, behind its own proxy", async () => {
  await using server = await startHttp({ trustProxy: true });
  const ask = async (host: string) =>
    (await server.send("/api/try", {
      method: "POST",
      headers: { host, origin: `https://${host}`, "x-forwarded-for": "203.0.113.5" },
    })).status;
  expect(await ask("lessons.example.org")).toBe(201);
  expect(await ask("rebound.example")).toBe(403);
});

Deno.test("an instance for trying out makes lessons, and any other doesn't", async () => {
  await using server = await startHttp();
  expect(await (await server.send("/api/instance")).json()).toEqual({
    tryIt: true,
    version: "0.0.0",
    apiDocs: "/api/docs",
  });
  const response = await server.send("/api/try", { method: "POST" });
  expect(response.status).toBe(201);
  const { tutor, student } = await response.json();
  for (const [url, you] of [[tutor, { name: "Mia", role: "tutor" }], [student, { name: "Ada" }]]) {
    const link = new URL(url);
    const answer = await join(server, {
      meetingId: link.pathname.split("/").at(-1),
      passcode: link.searchParams.get("passcode"),
      invite: readFragment(link.hash).invite!,
    });
    expect(await answer.json()).toMatchObject({ you });
  }

  let last = response;
  for (let more = 0; more < 20; more++) last = await server.send("/api/try", { method: "POST" });
  expect(last.status).toBe(429);

  await using other = await startHttp({ tryIt: false });
  expect(await (await other.send("/api/instance")).json()).toMatchObject({ tryIt: false });
  expect((await other.send("/api/try", { method: "POST" })).status).toBe(404);
});
