import { expect } from "@std/expect";
import { listEarlierLessons, thumbnailPath } from "./earlier_lessons.ts";

const ASKER = { meetingId: "m 1", credential: "token" };

/** Runs with the server's answer in place of a network. */
async function answering<T>(answer: () => Response, run: () => Promise<T>): Promise<T> {
  const real = globalThis.fetch;
  globalThis.fetch = () => Promise.resolve().then(answer);
  try {
    return await run();
  } finally {
    globalThis.fetch = real;
  }
}

Deno.test("listEarlierLessons keeps the order of the server and leaves out what has no shape", async () => {
  const lessons = [
    {
      meetingId: "a",
      title: "Algebra",
      people: ["Mia", 7, "Ada"],
      startedAt: "2026-01-02T03:04:05.000Z",
      hasThumbnail: true,
    },
    { meetingId: 5 },
    null,
    { meetingId: "b", startedAt: "some day" },
  ];
  const read = await answering(
    () => Response.json({ lessons }),
    () => listEarlierLessons(ASKER),
  );
  expect(read).toEqual([
    {
      meetingId: "a",
      title: "Algebra",
      people: ["Mia", "Ada"],
      startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      hasThumbnail: true,
    },
    { meetingId: "b", title: "Lesson", people: [], startedAt: null, hasThumbnail: false },
  ]);
});

for (
  const [what, answer, words] of [
    [
      "a refusal in the server's words",
      () => Response.json({ detail: "This lesson is over." }, { status: 410 }),
      "This lesson is over.",
    ],
    ["an answer without lessons", () => Response.json({}), "It could not be looked up."],
    ["a proxy's page", () => new Response("<html>", { status: 502 }), "It could not be looked up."],
    ["no answer", () => {
      throw new TypeError("network");
    }, "There is no connection right now."],
  ] as const
) {
  Deno.test(`listEarlierLessons says what is wrong after ${what}`, async () => {
    await answering(answer, () => expect(listEarlierLessons(ASKER)).rejects.toThrow(words));
  });
}

Deno.test("thumbnailPath writes ids so that they stay one part of the path", () => {
  expect(thumbnailPath(ASKER, "x/y")).toBe("/api/earlier/m%201/x%2Fy/thumbnail");
});
