import { expect } from "@std/expect";
import { askToJoin, type JoinAnswer } from "./join.ts";

const LINK = { meetingId: "m1", passcode: "p1", invite: "t1" };
/** What it promises is the page's own business. */
const PROMISING = { ...LINK, isEncrypted: true };

/** Asks a server that answers with `respond`. */
async function ask(
  respond: (request: Request) => Response | Promise<Response>,
  session: string | null = null,
): Promise<JoinAnswer> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
  try {
    return await askToJoin(PROMISING, { session, origin: `http://127.0.0.1:${server.addr.port}` });
  } finally {
    await server.shutdown();
  }
}

Deno.test("Asking sends what the link says, in the body", async () => {
  let sent: unknown;
  await ask(async (request) => {
    sent = { path: new URL(request.url).pathname, body: await request.json() };
    return Response.json({});
  });
  expect(sent).toEqual({ path: "/api/join", body: LINK });
});

Deno.test("Asking again sends the token of the earlier visit", async () => {
  let sent: unknown;
  await ask(async (request) => {
    sent = await request.json();
    return Response.json({});
  }, "s1");
  expect(sent).toEqual({ ...LINK, session: "s1" });
});

Deno.test("An open lesson gives its title, its times and who is there", async () => {
  const answer = await ask(() =>
    Response.json({
      title: "Algebra",
      scheduledStart: "2026-11-24T15:00:00.000Z",
      scheduledEnd: null,
      isRecorded: true,
      encryption: "e2ee",
      you: { name: "Ada", role: "student", locale: "pt-BR" },
      present: ["Mia", 7],
      willWait: false,
    })
  );
  expect(answer).toEqual({
    ok: true,
    info: {
      title: "Algebra",
      scheduledStart: Date.parse("2026-11-24T15:00:00Z"),
      scheduledEnd: null,
      isRecorded: true,
      isEncrypted: true,
      you: { name: "Ada", role: "student", locale: "pt-BR" },
      present: ["Mia"],
      willWait: false,
    },
  });
});

Deno.test("A refusal gives its code, when the lesson opens, and when to try again", async () => {
  const answer = await ask(() =>
    Response.json({
      type: "urn:lectern:problem:too-early",
      meetingTitle: "Algebra",
      opensAt: "2026-11-24T14:45:00.000Z",
    }, { status: 403, headers: { "retry-after": "90" } })
  );
  expect(answer).toMatchObject({
    ok: false,
    problem: {
      code: "too-early",
      title: "Algebra",
      opensAt: Date.parse("2026-11-24T14:45:00Z"),
      retryAfterMs: 90_000,
    },
  });
});

Deno.test("A lesson that is over names its recording by a path of this host, and nothing else", async () => {
  const recordingOf = async (recordingUrl: unknown) => {
    const answer = await ask(() => Response.json({ code: "over", recordingUrl }, { status: 403 }));
    return answer.ok ? undefined : answer.problem.recordingUrl;
  };
  expect(await recordingOf("/recordings/r-1")).toBe("/recordings/r-1");
  expect(await recordingOf("https://lectern.example/recordings/r-1")).toBe("/recordings/r-1");
  for (const other of [null, undefined, 7, "javascript:alert(1)", "/recordings/r-1/../../x"]) {
    expect(await recordingOf(other)).toBeNull();
  }
});

Deno.test("An answer that is no JSON is a server that can't be used now", async () => {
  const answer = await ask(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  expect(answer).toMatchObject({ ok: false, problem: { code: "unavailable" } });
});

Deno.test("A server that isn't there is unreachable, and nothing throws", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(),
  );
  const { port } = server.addr;
  await server.shutdown();
  const answer = await askToJoin(PROMISING, { origin: `http://127.0.0.1:${port}` });
  expect(answer).toMatchObject({ ok: false, problem: { code: "unreachable" } });
});
