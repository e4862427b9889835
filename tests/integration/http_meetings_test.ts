import { expect } from "@std/expect";
import { LESSON, startHttp } from "../support/http/http_server.ts";

const HOUR_MS = 3_600_000;

Deno.test("a lesson is booked, and everybody gets a personal link", async () => {
  await using server = await startHttp();
  const response = await server.api("POST", "/meetings", {
    ...LESSON,
    students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Tom" }],
    bookingId: "b-7",
    scheduledStart: new Date(server.clock.now + HOUR_MS).toISOString(),
    scheduledEnd: new Date(server.clock.now + 2 * HOUR_MS).toISOString(),
    timeZone: "Europe/Paris",
    policy: { share: "host" },
  });
  expect(response.status).toBe(201);
  const meeting = await response.json();
  const url = "https://lessons.example.org/video-room/" +
    `${meeting.meetingId}?passcode=${meeting.passcode}`;
  expect(meeting).toMatchObject({ url, status: "pending", bookingId: "b-7" });
  expect(meeting.policy.share).toBe("host");
  expect(meeting.encryption).toBe("e2ee");
  expect(meeting.links.map((link: { name: string; role: string }) => [link.name, link.role]))
    .toEqual([["Mia", "tutor"], ["Ada", "student"], ["Tom", "student"]]);
  for (const link of meeting.links) {
    expect(link.url).toMatch(/#invite=[A-Za-z0-9_-]{32}&encryption=e2ee$/);
    expect(link.url.startsWith(`${url}#`)).toBe(true);
  }

  expect(response.headers.get("location")).toBe(`/api/v1/meetings/${meeting.meetingId}`);
  const { links: _, ...readable } = meeting;
  const read = await server.api("GET", `/meetings/${meeting.meetingId}`);
  expect(await read.json()).toEqual(readable);
});

Deno.test("the language of a person is booked with them, read back, and told to their pages, in the tab's later visits too", async () => {
  await using server = await startHttp();
  const response = await server.api("POST", "/meetings", {
    ...LESSON,
    tutor: { id: "t-1", name: "Mia", locale: "uk" },
    students: [{ id: "s-1", name: "Ada", locale: "pt-BR" }, { id: "s-2", name: "Tom" }],
  });
  expect(response.status).toBe(201);
  const meeting = await response.json();
  expect(meeting.tutor.locale).toBe("uk");
  expect(meeting.students).toEqual([
    { id: "s-1", name: "Ada", locale: "pt-BR" },
    { id: "s-2", name: "Tom" },
  ]);
  const { meetingId, passcode, links } = meeting;
  const localeAtDoor = async (body: Record<string, unknown>) => {
    const answer = await server.send("/api/join", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ meetingId, passcode, ...body }),
    });
    return (await answer.json()).you?.locale;
  };
  const inviteOf = (url: string) => new URLSearchParams(new URL(url).hash.slice(1)).get("invite");
  const invites: (string | null)[] = links.map(({ url }: { url: string }) => inviteOf(url));
  expect(await Promise.all(invites.map((invite) => localeAtDoor({ invite }))))
    .toEqual(["uk", "pt-BR", null]);
  const identity = await server.storage.meetings.findInvite(meetingId, invites[1]!);
  if (identity === null || identity === "revoked") throw new Error("Ada's invite must work");
  const session = await server.storage.meetings.openSession(meetingId, identity);
  expect(await localeAtDoor({ session })).toBe("pt-BR");

  const added = await server.api("POST", `/meetings/${meetingId}/links`, {
    userId: "s-3",
    name: "Zoe",
    locale: "zh-Hans",
  });
  expect(added.status).toBe(201);
  const read = await (await server.api("GET", `/meetings/${meetingId}`)).json();
  expect(read.students.at(-1)).toEqual({ id: "s-3", name: "Zoe", locale: "zh-Hans" });
});

Deno.test("times with any offset mean the same moment", async () => {
  await using server = await startHttp();
  const response = await server.api("POST", "/meetings", {
    ...LESSON,
    scheduledStart: "2999-03-29T01:30:00+01:00",
    scheduledEnd: "2999-03-29T03:30:00+02:00",
  });
  expect(await response.json()).toMatchObject({
    scheduledStart: "2999-03-29T00:30:00.000Z",
    scheduledEnd: "2999-03-29T01:30:00.000Z",
  });
});

Deno.test("a booking that can't be used names the field at fault", async () => {
  await using server = await startHttp();
  const start = new Date(server.clock.now + HOUR_MS).toISOString();
  const end = new Date(server.clock.now + 2 * HOUR_MS).toISOString();
  const faults: [Record<string, unknown>, string][] = [
    [{ title: "" }, "title"],
    [{ title: 7 }, "title"],
    [{ tutor: { id: "t-1" } }, "tutor.name"],
    [{ tutor: { id: "t-1", name: "Mia", locale: "klingon" } }, "tutor.locale"],
    [{ students: [] }, "students"],
    [{ students: Array.from({ length: 51 }, (_, id) => ({ id: `${id}`, name: "A" })) }, "students"],
    [{ students: [{ id: "t-1", name: "Mia" }] }, "students.0.id"],
    [{ scheduledStart: start }, "scheduledEnd"],
    [{ scheduledEnd: end }, "scheduledStart"],
    [{ scheduledStart: end, scheduledEnd: start }, "scheduledEnd"],
    [{ scheduledStart: "2026-01-02T10:00:00", scheduledEnd: end }, "scheduledStart"],
    [
      { scheduledStart: "2001-01-01T10:00:00Z", scheduledEnd: "2001-01-01T11:00:00Z" },
      "scheduledEnd",
    ],
    [{ timeZone: "Mars/Olympus" }, "timeZone"],
    [{ encryption: "none" }, "encryption"],
    [{ policy: { draw: "nobody" } }, "policy.draw"],
    [{ scheduleStart: start }, "scheduleStart"],
  ];
  for (const [change, field] of faults) {
    const response = await server.api("POST", "/meetings", { ...LESSON, ...change });
    const problem = await response.json();
    expect([field, response.status, problem.errors?.[0]?.field]).toEqual([field, 422, field]);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(problem.type).toBe("urn:lectern:problem:bad-request");
  }
  expect((await server.storage.meetings.list({ limit: 10, after: null })).meetings).toEqual([]);
});

Deno.test("a body that is no JSON, no JSON type or too large is refused", async () => {
  await using server = await startHttp();
  const key = await server.storage.apiKeys.create("other", 0);
  const post = (body: string, type: string) =>
    server.send("/api/v1/meetings", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": type },
      body,
    });
  expect((await post("{", "application/json")).status).toBe(400);
  expect((await post(JSON.stringify(LESSON), "text/plain")).status).toBe(400);
  expect((await post(JSON.stringify(LESSON), "application/json; charset=utf-8")).status).toBe(201);
  const large = JSON.stringify({ ...LESSON, title: "x".repeat(70_000) });
  expect((await post(large, "application/json")).status).toBe(413);
});

Deno.test("no booking endpoint answers without a key", async () => {
  await using server = await startHttp();
  const { meeting } = await server.storage.meetings.create({
    ...LESSON,
    scheduledStart: null,
    scheduledEnd: null,
    bookingId: null,
    timeZone: null,
    isRecorded: false,
    encryption: "e2ee",
    policy: {},
  });
  const endpoints = [
    ["POST", ""],
    ["GET", ""],
    ["GET", `/${meeting.meetingId}`],
    ["POST", `/${meeting.meetingId}/cancel`],
    ["POST", `/${meeting.meetingId}/end`],
  ];
  for (const [method, path] of endpoints) {
    for (const authorization of ["", "Bearer lk_wrongwrongwrong", "Basic eDp5"]) {
      const response = await server.send(`/api/v1/meetings${path}`, {
        method: method!,
        headers: { authorization },
      });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
    }
  }
  expect((await server.storage.meetings.find(meeting.meetingId))?.status).toBe("pending");
});

Deno.test("guessing API keys is slowed down, and a right key still works", async () => {
  await using server = await startHttp();
  let blocked: Response | null = null;
  for (let guess = 0; guess < 40 && blocked === null; guess++) {
    const response = await server.send("/api/v1/meetings", {
      headers: { authorization: `Bearer lk_guess${guess}` },
    });
    if (response.status === 429) blocked = response;
  }
  expect(Number(blocked?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await server.api("GET", "/meetings")).status).toBe(200);
});

Deno.test("cancelling and ending close the room and the meeting", async () => {
  await using server = await startHttp();
  const book = async () => (await (await server.api("POST", "/meetings", LESSON)).json()).meetingId;
  const [one, two] = [await book(), await book()];

  const cancelled = await server.api("POST", `/meetings/${one}/cancel`);
  expect((await cancelled.json()).status).toBe("cancelled");
  expect((await server.api("POST", `/meetings/${one}/cancel`)).status).toBe(200);
  expect((await server.api("POST", `/meetings/${one}/end`)).status).toBe(409);

  const done = await server.api("POST", `/meetings/${two}/end`);
  expect((await done.json()).status).toBe("completed");
  expect((await server.api("POST", `/meetings/${two}/end`)).status).toBe(200);
  expect((await server.api("POST", `/meetings/${two}/cancel`)).status).toBe(409);

  expect(server.ended.slice(0, 1)).toEqual([{ meetingId: one, reason: "cancelled" }]);
  expect(server.ended).toContainEqual({ meetingId: two, reason: "ended" });
  const missing = await server.api("POST", "/meetings/nothing/end");
  expect([missing.status, (await missing.json()).code]).toEqual([404, "not-found"]);
});

Deno.test("pages of a list join up, and a made-up cursor is refused", async () => {
  await using server = await startHttp();
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) {
    const response = await server.api("POST", "/meetings", { ...LESSON, bookingId: `b-${index}` });
    ids.unshift((await response.json()).meetingId);
  }
  const seen: string[] = [];
  let cursor = "";
  do {
    const page = await (await server.api("GET", `/meetings?limit=2${cursor}`)).json();
    seen.push(...page.meetings.map((meeting: { meetingId: string }) => meeting.meetingId));
    cursor = page.next === null ? "" : `&cursor=${encodeURIComponent(page.next)}`;
  } while (cursor !== "");
  expect(seen).toEqual(ids);

  const filtered = await (await server.api("GET", "/meetings?bookingId=b-3")).json();
  expect(filtered.meetings.length).toBe(1);
  for (const bad of ["cursor=xyz", "limit=0", "limit=1000", "status=odd", "colour=red"]) {
    expect([bad, (await server.api("GET", `/meetings?${bad}`)).status]).toEqual([bad, 422]);
  }
});
