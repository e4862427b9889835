/**
 * What the landing page asks: is this an instance for trying out, and if so, a lesson to try.
 *
 * Invariant: a lesson to try is made for the instance's own page alone: not for a page of another origin, not under a
 * name that somebody made point here (DNS rebinding), and not through a proxy that nobody told us of.
 */
import { Hono } from "hono";
import type { Role } from "../../../rooms/contract/document/schema.ts";
import type { HttpEnv, Uses } from "../context.ts";
import { bookedJson } from "../meeting_answers.ts";
import { Problem } from "../problems.ts";

type AddressDeps = Uses<{ publicUrl: true; trustProxy: true }>;
type Deps =
  & AddressDeps
  & Uses<
    {
      meetings: "create";
      attempts: "blockedForMs" | "fail";
      tryIt: true;
      version: true;
    }
  >;

export function tryItRoutes(deps: Deps): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get("/instance", (context) => {
    const tryIt = deps.tryIt && isAskedHere(context.req.raw, deps);
    return context.json({ tryIt, version: deps.version, apiDocs: "/api/docs" });
  });

  routes.post("/try", async (context) => {
    if (!deps.tryIt) {
      throw new Problem("not-found", "Lessons are booked by the booking system here.");
    }
    if (!isAskedHere(context.req.raw, deps)) {
      throw new Problem(
        "forbidden",
        "Lessons to try are made only from this instance's own page, at its own address.",
      );
    }
    const key = `try:${context.get("address")}`;
    const retryAfterMs = deps.attempts.blockedForMs(key);
    if (retryAfterMs > 0) {
      throw new Problem("rate-limited", "That is a lot of lessons. Wait a little.", {
        retryAfterMs,
      });
    }
    deps.attempts.fail(key);
    const booked = await deps.meetings.create({
      title: "A lesson to try",
      tutor: { id: "try-tutor", name: "Mia" },
      students: [{ id: "try-student", name: "Ada" }],
      scheduledStart: null,
      scheduledEnd: null,
      bookingId: null,
      timeZone: null,
      isRecorded: true,
      encryption: "e2ee",
      policy: {},
    });
    const { meetingId, links } = bookedJson(deps.publicUrl, booked);
    const linkOf = (role: Role) => links.find((link) => link.role === role)?.url;
    return context.json({ meetingId, tutor: linkOf("tutor"), student: linkOf("student") }, 201);
  });

  return routes;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

/** Any of these says that somebody else passes the request on. */
const FORWARDED = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
];

function isAskedHere(
  request: Request,
  { publicUrl, trustProxy }: AddressDeps,
): boolean {
  const { headers } = request;
  if (!trustProxy && FORWARDED.some((name) => headers.has(name))) return false;
  const host = (headers.get("host") ?? new URL(request.url).host).toLowerCase();
  if (!LOOPBACK.test(host) && host !== new URL(publicUrl).host) return false;
  const origin = headers.get("origin");
  return origin === null || URL.parse(origin)?.host === host;
}
