/** What the landing page asks: is this an instance for trying out, and if so, a lesson to try. */
import { Hono } from "hono";
import type { Role } from "../../rooms/document/schema.ts";
import type { HttpDeps, HttpEnv } from "./context.ts";
import { bookedJson } from "./meeting_answers.ts";
import { Problem } from "./problems.ts";

export function tryItRoutes(deps: HttpDeps): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get(
    "/instance",
    (context) => context.json({ tryIt: deps.tryIt, version: deps.version, apiDocs: "/api/docs" }),
  );

  routes.post("/try", async (context) => {
    if (!deps.tryIt) {
      throw new Problem("not-found", "Lessons are booked by the booking system here.");
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
