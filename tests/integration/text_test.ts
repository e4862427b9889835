/**
 * What anybody may send, string by string: none takes text that isn't read back as it was stored.
 *
 * The schemas themselves are walked, so that a new operation, message or field is held to it without being named here.
 */
import { expect } from "@std/expect";
import { z } from "zod";
import { METHODS } from "../../rooms/contract/protocol/messages.ts";
import { apiOperations, type OperationDeps } from "../../server/http/api/api.ts";
import { imagesSchema } from "../../server/http/meeting/earlier.ts";
import { joinSchema } from "../../server/http/meeting/join.ts";
import { LESSON, startHttp } from "../support/http/http_server.ts";

/** Something of each kind of string that a schema takes. A kind that takes none of them wants one more. */
const SAMPLES = [
  "Ada",
  "ada@example.org",
  "https://hooks.example.org/lectern",
  "2030-05-06T16:00:00Z",
  "Europe/Paris",
  "20",
  // Cursors of lists of meetings and of recordings.
  "bTE",
  "1.r1",
  // Keys and ids in hexadecimal and base64url, and a fingerprint.
  "0123456789abcdef",
  "A".repeat(87),
  "AB:CD",
  "audio/opus",
];

const SPOILED = ["\0", "\ud800", "\udc00"];

interface Place {
  /** Such as `bookMeeting.body.students.[].name`. */
  path: string;
  /** Takes the string, with all that is done to it. */
  schema: z.ZodType;
}

/** Every string in a schema, the names of records included. Throws at a kind of schema that it doesn't know. */
function stringsOf(schema: z.ZodType, path: string): Place[] {
  const inner = (part: unknown, name = "") => stringsOf(part as z.ZodType, `${path}${name}`);
  const def = schema._zod.def as unknown as Record<string, unknown> & { type: string };
  switch (def.type) {
    case "string":
      return [{ path, schema }];
    case "object":
      return Object.entries(def.shape as Record<string, unknown>)
        .flatMap(([name, member]) => inner(member, `.${name}`));
    case "array":
      return inner(def.element, ".[]");
    case "tuple":
      return (def.items as unknown[]).flatMap((item, index) => inner(item, `.${index}`));
    case "record":
      return [...inner(def.keyType, ".(name)"), ...inner(def.valueType, ".{}")];
    case "union":
      return (def.options as unknown[]).flatMap((option, index) => inner(option, `|${index}`));
    case "optional":
    case "nullable":
    case "default":
      return inner(def.innerType);
    case "pipe":
      // What goes in is judged by the whole: a transformation may refuse it too.
      return inner(def.in).map((place) => place.path === path ? { path, schema } : place);
    case "number":
    case "boolean":
    case "enum":
    case "literal":
    case "null":
    case "undefined":
    case "transform":
      return [];
    default:
      throw new Error(`${path}: this test doesn't know what a schema of type ${def.type} takes`);
  }
}

const operations = apiOperations({} as OperationDeps);

const PLACES: readonly Place[] = [
  ...operations.flatMap(({ id, body, query }) => [
    ...(body === undefined ? [] : stringsOf(body, `${id}.body`)),
    ...(query === undefined ? [] : stringsOf(query, `${id}.query`)),
  ]),
  ...Object.entries(METHODS).flatMap(([method, { params }]) => stringsOf(params, method)),
  ...stringsOf(joinSchema, "join"),
  ...stringsOf(imagesSchema, "earlier.images"),
];

Deno.test("no string of an operation or a message takes U+0000 or half of a surrogate pair", () => {
  const taken: string[] = [];
  const unproven: string[] = [];
  for (const { path, schema } of PLACES) {
    const samples = SAMPLES.filter((sample) => schema.safeParse(sample).success);
    if (samples.length === 0) unproven.push(path);
    for (const sample of samples) {
      for (const mark of SPOILED) {
        for (const at of [0, 1, sample.length]) {
          // Shorter by one too, where the length is fixed or bounded.
          for (const cut of [0, 1]) {
            const spoiled = sample.slice(0, at) + mark + sample.slice(at + cut);
            if (schema.safeParse(spoiled).success) {
              taken.push(`${path}: ${JSON.stringify(spoiled)}`);
            }
          }
        }
      }
    }
  }
  expect(unproven).toEqual([]);
  expect(taken).toEqual([]);
  // The walk reaches what it should: names and ids of people, addresses, chat, the hello.
  const paths = PLACES.map(({ path }) => path);
  for (
    const path of [
      "bookMeeting.body.students.[].id",
      "bookMeeting.body.students.[].email",
      "createWebhookEndpoint.body.url",
      "listMeetings.query.userId",
      "hello.name",
      "chat.send.text",
      "meeting.setPolicy.policy.draw|1.[]",
    ]
  ) expect(paths).toContain(path);
});

Deno.test("two students whose ids differ behind U+0000 are refused, not made one", async () => {
  await using server = await startHttp();
  const students = [{ id: "s\0a", name: "Ada" }, { id: "s\0b", name: "Tom" }];
  const response = await server.api("POST", "/meetings", { ...LESSON, students });
  expect(response.status).toBe(422);
  expect((await response.json()).errors[0].field).toBe("students.0.id");
});

Deno.test("an address that holds U+0000 is refused wherever it leads", async () => {
  await using server = await startHttp();
  const { meetingId } = await (await server.api("POST", "/meetings", LESSON)).json();
  for (const path of [`/meetings/${meetingId}%00x`, "/meetings?userId=s-1%00x"]) {
    expect((await server.api("GET", path)).status).toBe(422);
  }
  const stored = await server.api("POST", "/people/s-1%00x/lessons-links", {});
  expect(stored.status).toBe(422);
  for (const path of ["/%00", "/api/recordings/r%00", `/api/earlier/${meetingId}%00`]) {
    const response = await server.send(path);
    expect(response.status).toBe(422);
    await response.body?.cancel();
  }
});
