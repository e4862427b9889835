/**
 * Small pictures of boards, by which people know a lesson again: `PUT /api/thumbnails/{meetingId}` takes one from
 * somebody who may draw; other routes show it to those who may know of the lesson.
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Thumbnail } from "../../../db/thumbnails.ts";
import type { HttpEnv, Uses } from "../context.ts";
import { imageTypeOf } from "./image_type.ts";
import { type AskerDeps, checkMayDraw, participantOf } from "./participant.ts";
import { Problem } from "../problems.ts";

export const MAX_THUMBNAIL_BYTES = 64 * 1024;
/** Pages send one when the board has been quiet for longer than this. */
const LEAST_MS = 5_000;
/** Nothing that could load or run something. */
const TYPES: ReadonlySet<string | undefined> = new Set(["image/png", "image/jpeg", "image/webp"]);

type Deps = AskerDeps & Uses<{ rooms: "policy"; thumbnails: "put"; now: true }>;

export function thumbnailRoutes(deps: Deps): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.put(
    "/:meetingId",
    async (context, next) => {
      checkMayDraw(deps, await participantOf(deps, context, context.req.param("meetingId")));
      await next();
    },
    bodyLimit({
      maxSize: MAX_THUMBNAIL_BYTES,
      onError: () => {
        throw new Problem("too-large", "A board's small picture may have at most 64 kB.");
      },
    }),
    async (context) => {
      const data = new Uint8Array(await context.req.arrayBuffer());
      const mediaType = imageTypeOf(data);
      if (mediaType === undefined || !TYPES.has(mediaType)) {
        throw new Problem("bad-request", `That isn't an image of type ${[...TYPES].join(", ")}.`);
      }
      const now = deps.now();
      const options = { now, leastMs: LEAST_MS };
      const { meetingId } = context.req.param();
      if (!await deps.thumbnails.put(meetingId, { mediaType, data }, options)) {
        throw new Problem("too-many-requests", "There is a newer picture already.", {
          retryAfterMs: LEAST_MS,
        });
      }
      return context.body(null, 204);
    },
  );
  return routes;
}

/** @throws Problem `not-found` */
export function answerThumbnail(
  context: Context<HttpEnv>,
  thumbnail: Thumbnail | null,
): Response {
  if (thumbnail === null) throw new Problem("not-found", "There is no picture of this board.");
  return context.body(thumbnail.data, 200, {
    "content-type": thumbnail.mediaType,
    "content-security-policy": "sandbox; default-src 'none'",
  });
}
