/** The small picture of a lesson's board for the booking system, to show beside the lesson or its recording. */
import { z } from "zod";
import type { Uses } from "../context.ts";
import { readMeeting } from "./meeting_operations.ts";
import { type Operation, operation } from "./operation.ts";
import { Problem } from "../problems.ts";
import { MAX_THUMBNAIL_BYTES } from "../meeting/thumbnails.ts";

const thumbnailSchema = z.object({
  meetingId: z.string(),
  mediaType: z.string().describe("image/jpeg, image/png or image/webp"),
  data: z.base64().describe(
    `The picture, at most ${MAX_THUMBNAIL_BYTES} bytes, in base64: put "data:", the media type and ` +
      '";base64," before it, and a page can show it',
  ),
}).meta({ id: "Thumbnail" });

export type ThumbnailDeps = Uses<{ meetings: "read"; thumbnails: "find" }>;

export function thumbnailOperations(deps: ThumbnailDeps): Operation[] {
  return [
    operation({
      id: "readThumbnail",
      method: "get",
      path: "/meetings/{meetingId}/thumbnail",
      tag: "Meetings",
      summary: "Read the small picture of a lesson's board",
      description:
        "The newest one, also while the lesson runs. There is none before somebody drew.",
      answer: thumbnailSchema,
      refusals: [404],
    }, async ({ params }) => {
      const { meetingId } = await readMeeting(deps, params.meetingId);
      const thumbnail = await deps.thumbnails.find(meetingId);
      if (thumbnail === null) throw new Problem("not-found", "There is no picture of this board.");
      return {
        body: { meetingId, mediaType: thumbnail.mediaType, data: thumbnail.data.toBase64() },
      };
    }),
  ];
}
