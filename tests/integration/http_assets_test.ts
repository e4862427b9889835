import { expect } from "@std/expect";
import { DEFAULT_POLICY, type Grantees } from "../../rooms/contract/document/schema.ts";
import { MAX_ASSET_BYTES, MAX_ASSETS } from "../../server/http/meeting/assets.ts";
import { type HttpServer, LESSON, startHttp } from "../support/http/http_server.ts";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);

interface Person {
  meetingId: string;
  token: string;
}

async function personIn(server: HttpServer): Promise<Person> {
  const booked = await server.storage.meetings.create({
    ...LESSON,
    scheduledStart: null,
    scheduledEnd: null,
    bookingId: null,
    timeZone: null,
    isRecorded: false,
    encryption: "e2ee",
    policy: {},
  });
  const { meetingId } = booked.meeting;
  const token = await server.storage.meetings.openSession(meetingId, {
    participantId: "p-ada",
    name: "Ada",
    role: "student",
    userId: "s-1",
  });
  return { meetingId, token };
}

function upload(
  server: HttpServer,
  person: Person,
  body: Uint8Array<ArrayBuffer> | string,
): Promise<Response> {
  return server.send(`/api/assets/${person.meetingId}`, {
    method: "POST",
    headers: { authorization: `Bearer ${person.token}` },
    body,
  });
}

Deno.test("an image comes back as it was put in, to be kept and to run nothing", async () => {
  await using server = await startHttp();
  const person = await personIn(server);
  const answer = await upload(server, person, PNG);
  expect(answer.status).toBe(201);
  const { id } = await answer.json();
  const image = await server.send(`/api/assets/${person.meetingId}/${id}`);
  expect(image.status).toBe(200);
  expect(new Uint8Array(await image.arrayBuffer())).toEqual(PNG);
  expect(image.headers.get("content-type")).toBe("image/png");
  expect(image.headers.get("x-content-type-options")).toBe("nosniff");
  expect(image.headers.get("content-security-policy")).toContain("sandbox");
  expect(image.headers.get("content-disposition")).toBe("attachment");
  expect(image.headers.get("cache-control")).toContain("immutable");
});

Deno.test("an image belongs to its meeting, and needs its whole id", async () => {
  await using server = await startHttp();
  const person = await personIn(server);
  const other = await personIn(server);
  const { id } = await (await upload(server, person, PNG)).json();
  const paths = [`${other.meetingId}/${id}`, `${person.meetingId}/${id.slice(0, -1)}`];
  for (const path of paths) {
    const answer = await server.send(`/api/assets/${path}`);
    expect([path, answer.status]).toEqual([path, 404]);
    await answer.body?.cancel();
  }
});

Deno.test("only people in the meeting add images", async () => {
  await using server = await startHttp();
  const person = await personIn(server);
  const other = await personIn(server);
  for (const token of ["", "nonsense", other.token]) {
    const answer = await upload(server, { ...person, token }, PNG);
    expect(answer.status).toBe(401);
    await answer.body?.cancel();
  }
  await server.storage.meetings.removeParticipant(person.meetingId, "p-ada");
  const removed = await upload(server, person, PNG);
  expect(removed.status).toBe(403);
  await removed.body?.cancel();
});

Deno.test("who may not draw puts no image on the board, as the host allows it now", async () => {
  await using server = await startHttp();
  const person = await personIn(server);
  for (
    const [draw, status] of [["host", 403], [["p-ada"], 201], ["everyone", 201]] as const
  ) {
    server.policies.set(person.meetingId, { ...DEFAULT_POLICY, draw: draw as Grantees });
    const answer = await upload(server, person, PNG);
    expect([draw, answer.status]).toEqual([draw, status]);
    await answer.body?.cancel();
  }
});

Deno.test("what is no image, or too large, is refused by what it is and not by what it says", async () => {
  await using server = await startHttp();
  const person = await personIn(server);
  const cases: [body: Uint8Array<ArrayBuffer> | string, status: number][] = [
    ["<html><svg></svg></html>", 400],
    ["<script>1</script>", 400],
    ["", 400],
    ["<?xml version='1.0'?><!-- drawn --><svg xmlns='http://www.w3.org/2000/svg'/>", 201],
    ["GIF89a…", 201],
    [new Uint8Array(MAX_ASSET_BYTES + 1), 413],
  ];
  for (const [body, status] of cases) {
    const answer = await upload(server, person, body);
    expect(answer.status).toBe(status);
    await answer.body?.cancel();
  }
});

Deno.test("a meeting holds a bounded number of images, and none after its end", async () => {
  await using server = await startHttp();
  const person = await personIn(server);
  const assets = server.storage.assets;
  for (let count = 0; count < MAX_ASSETS; count++) {
    const { meetingId } = person;
    await assets.add({ meetingId, participantId: "p", mediaType: "image/png", data: PNG }, 0);
  }
  const full = await upload(server, person, PNG);
  expect(full.status).toBe(413);
  await full.body?.cancel();
  await server.storage.meetings.complete(person.meetingId, server.clock.now);
  const over = await upload(server, person, PNG);
  expect(over.status).toBe(410);
  await over.body?.cancel();
});
