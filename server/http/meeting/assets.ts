/**
 * Images on the board: `POST /api/assets/{meetingId}` takes one, `GET /api/assets/{meetingId}/{assetId}` gives it.
 *
 * Who puts one in may draw, and shows the session token of the meeting; who looks at one needs its id, which can't be guessed and
 * stands in the meeting's document. Invariants: what is stored has the bytes of its type; an image, whatever stands
 * in it, runs nothing and reaches nothing when somebody opens it by its address.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { HttpEnv, Uses } from "../context.ts";
import { IMAGE_TYPES, imageTypeOf } from "./image_type.ts";
import { type AskerDeps, checkMayDraw, participantOf } from "./participant.ts";
import { Problem } from "../problems.ts";

export const MAX_ASSET_BYTES = 10 * 1024 * 1024;
export const MAX_ASSETS = 500;
export const MAX_MEETING_BYTES = 200 * 1024 * 1024;

const ASSET_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
  "content-disposition": "attachment",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "private, max-age=31536000, immutable",
};

type Deps =
  & AskerDeps
  & Uses<{ rooms: "policy"; assets: "add" | "find" | "totals"; now: true }>;

export function assetRoutes(deps: Deps): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  const bounded = bodyLimit({
    maxSize: MAX_ASSET_BYTES,
    onError: () => {
      throw new Problem("too-large", "An image may have at most 10 MB.");
    },
  });

  routes.post(
    "/:meetingId",
    async (context, next) => {
      // Before the body is read: a stranger's upload isn't taken in at all.
      checkMayDraw(deps, await participantOf(deps, context, context.req.param("meetingId")));
      await next();
    },
    bounded,
    async (context) => {
      const meetingId = context.req.param("meetingId");
      const { identity } = await participantOf(deps, context, meetingId);
      const data = new Uint8Array(await context.req.arrayBuffer());
      const mediaType = imageTypeOf(data);
      if (mediaType === undefined) {
        throw new Problem("bad-request", `That isn't an image of type ${IMAGE_TYPES.join(", ")}.`);
      }
      const totals = await deps.assets.totals(meetingId);
      if (totals.count >= MAX_ASSETS || totals.bytes + data.length > MAX_MEETING_BYTES) {
        throw new Problem("too-large", "This meeting holds as many images as it can.");
      }
      const { participantId } = identity;
      const id = await deps.assets.add({ meetingId, participantId, mediaType, data }, deps.now());
      return context.json({ id }, 201, { "cache-control": "no-store" });
    },
  );

  routes.get("/:meetingId/:assetId", async (context) => {
    const { meetingId, assetId } = context.req.param();
    const asset = await deps.assets.find(meetingId, assetId);
    if (asset === null) throw new Problem("not-found", "There is no such image.");
    return context.body(asset.data, 200, { ...ASSET_HEADERS, "content-type": asset.mediaType });
  });

  return routes;
}
