/**
 * `/api/earlier/{meetingId}`: what people in a lesson may take along from earlier lessons with the same people.
 *
 * Shown with the session token of the meeting that they are in. Which lessons these are is `db/earlier_lessons.ts`'s
 * to say; any other lesson is answered as if it did not exist. The board is answered as it stands in the document;
 * its images are copied into the meeting, so that they live as long as it does.
 */
import { zValidator } from "@hono/zod-validator";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import type { EarlierQuery } from "../../../db/earlier_lessons.ts";
import { text } from "../../../rooms/contract/protocol/text.ts";
import { MAX_ASSETS, MAX_MEETING_BYTES } from "./assets.ts";
import type { HttpEnv, Uses } from "../context.ts";
import { isoTime } from "../meeting_answers.ts";
import { type Asker, type AskerDeps, checkMayDraw, participantOf } from "./participant.ts";
import { Problem } from "../problems.ts";
import { answerThumbnail } from "./thumbnails.ts";

/** The newest. */
const MAX_LISTED = 50;
const MAX_BODY_BYTES = 64 * 1024;

export const imagesSchema = z.object({ images: z.array(text.max(100)).max(MAX_ASSETS) });

type QueryDeps = Uses<{ retentionMs: true; now: true }>;
type LessonDeps = AskerDeps & QueryDeps & Uses<{ earlier: "may" }>;
type Deps =
  & LessonDeps
  & Uses<
    {
      rooms: "policy";
      assets: "copy";
      earlier: "list";
      library: "board" | "codeFiles";
      thumbnails: "among" | "find";
    }
  >;

export function earlierRoutes(deps: Deps): Hono<HttpEnv> {
  const { assets, earlier, library, now, thumbnails } = deps;
  const routes = new Hono<HttpEnv>();

  routes.get("/:meetingId", async (context) => {
    const asker = await participantOf(deps, context, context.req.param("meetingId"));
    const lessons = await earlier.list(queryOf(deps, asker), MAX_LISTED);
    const pictured = await thumbnails.among(lessons.map((lesson) => lesson.meetingId));
    return context.json({
      lessons: lessons.map(({ startedAt, endedAt, ...lesson }) => ({
        ...lesson,
        startedAt: isoTime(startedAt),
        endedAt: isoTime(endedAt),
        hasThumbnail: pictured.has(lesson.meetingId),
      })),
    });
  });

  routes.get("/:meetingId/:earlierId/board", async (context) => {
    const { earlierId } = await lessonOf(deps, context);
    const board = present(await library.board(earlierId));
    return context.body(board, 200, { "content-type": "application/octet-stream" });
  });

  routes.get("/:meetingId/:earlierId/files", async (context) => {
    const { earlierId } = await lessonOf(deps, context);
    return context.json({ files: present(await library.codeFiles(earlierId)) });
  });

  routes.get("/:meetingId/:earlierId/thumbnail", async (context) => {
    const { earlierId } = await lessonOf(deps, context);
    return answerThumbnail(context, await thumbnails.find(earlierId));
  });

  routes.post(
    "/:meetingId/:earlierId/images",
    bodyLimit({ maxSize: MAX_BODY_BYTES }),
    zValidator("json", imagesSchema, (result) => {
      if (!result.success) {
        throw new Problem("bad-request", "`images` must be a list of image ids.");
      }
    }),
    async (context) => {
      const { asker, earlierId } = await lessonOf(deps, context);
      checkMayDraw(deps, asker);
      const copied = await assets.copy({
        from: earlierId,
        to: asker.meeting.meetingId,
        participantId: asker.identity.participantId,
        assetIds: context.req.valid("json").images,
        most: { count: MAX_ASSETS, bytes: MAX_MEETING_BYTES },
      }, now());
      if (copied === null) {
        throw new Problem("too-large", "This lesson has no room for so many images.");
      }
      return context.json({ images: Object.fromEntries(copied) }, 201);
    },
  );

  return routes;
}

function queryOf({ now, retentionMs }: QueryDeps, { identity, meeting }: Asker): EarlierQuery {
  const { userId, role } = identity;
  const keptSince = retentionMs === null ? 0 : now() - retentionMs;
  return { meetingId: meeting.meetingId, userId, role, keptSince };
}

/** @throws Problem as {@linkcode participantOf} does, and `not-found` for a lesson that isn't theirs to take from. */
async function lessonOf(
  deps: LessonDeps,
  context: Context<HttpEnv>,
): Promise<{ asker: Asker; earlierId: string }> {
  const asker = await participantOf(deps, context, context.req.param("meetingId") ?? "");
  const earlierId = context.req.param("earlierId") ?? "";
  if (!await deps.earlier.may(queryOf(deps, asker), earlierId)) throw unknown();
  return { asker, earlierId };
}

function present<T>(value: T | null): T {
  if (value === null) throw unknown();
  return value;
}

function unknown(): Problem {
  return new Problem("not-found", "There is no such earlier lesson of yours.");
}
