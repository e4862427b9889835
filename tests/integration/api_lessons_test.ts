/** The page of a person's lessons: whose they are, and what its link opens and doesn't. */
import { expect } from "@std/expect";
import { LESSON, startHttp } from "./http_server.ts";

Deno.test("a person sees their lessons by a link, and comes in by one press", async () => {
  await using server = await startHttp();
  const book = async (student: string) =>
    (await (await server.api("POST", "/meetings", {
      ...LESSON,
      students: [{ id: student, name: "Ada" }],
    })).json()).meetingId as string;
  const [mine, other] = [await book("s-1"), await book("s-2")];
  const issued = await server.api("POST", "/people/s-1/lessons-links", { days: 1 });
  const { url } = await issued.json();
  const token = new URL(url).hash.slice("#token=".length);
  const ask = (path: string, method: string, key: string) =>
    server.send(`/api/lessons${path}`, { method, headers: { authorization: `Bearer ${key}` } });

  const { name, lessons } = await (await ask("", "GET", token)).json();
  expect(name).toBe("Ada");
  expect(lessons.map((lesson: { meetingId: string }) => lesson.meetingId)).toEqual([mine]);
  expect(JSON.stringify(lessons)).not.toContain("passcode");

  const { room } = await (await ask(`/${mine}/link`, "POST", token)).json();
  const invite = new URL(room).hash.slice("#invite=".length);
  expect(await server.storage.meetings.findInvite(mine, invite)).toMatchObject({ userId: "s-1" });
  expect((await ask(`/${other}/link`, "POST", token)).status).toBe(404);
  expect((await ask("", "GET", `${token}x`)).status).toBe(401);
  expect((await ask("", "GET", invite)).status).toBe(401);
  const api = await server.send("/api/v1/meetings", {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(api.status).toBe(401);

  const ada = await server.storage.meetings.findInvite(mine, invite);
  if (ada === null || ada === "revoked") throw new Error("Ada's link must work");
  await server.storage.meetings.removeParticipant(mine, ada.participantId);
  expect((await ask(`/${mine}/link`, "POST", token)).status).toBe(404);

  server.clock.now += 24 * 3_600_000;
  expect((await ask("", "GET", token)).status).toBe(401);
});
