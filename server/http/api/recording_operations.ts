/** Recordings for the booking system: list, read, links to watch them, delete. */
import { z } from "zod";
import type { RecordingSummary } from "../../../recorder/library.ts";
import { text } from "../../../rooms/contract/protocol/text.ts";
import type { Uses } from "../context.ts";
import { isoTime } from "../meeting_answers.ts";
import { idSchema } from "./meeting_schemas.ts";
import { type Operation, operation } from "./operation.ts";
import { Problem } from "../problems.ts";
import { deleteRecording, type DeletionDeps } from "../meeting/recordings.ts";

export type RecordingOperationDeps =
  & DeletionDeps
  & Uses<
    {
      library: "find" | "list" | "createLink";
      keyEnvelopes: "list";
      publicUrl: true;
      now: true;
    }
  >;

const MINUTE_MS = 60_000;
const state = z.enum(["recording", "paused", "ready"]);

const recordingSchema = z.object({
  recordingId: z.string(),
  meetingId: z.string(),
  title: z.string(),
  state: state.describe("It can be watched while the lesson runs, and is complete when ready"),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  url: z.string().describe("The replay's page; it opens with a personal link's or a minted token"),
  mediaBytes: z.int().describe("Size of all video and sound"),
}).meta({ id: "Recording" });

const listQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: text.regex(/^\d{1,16}\.[a-z0-9]{1,64}$/, "expected the `next` of the page before")
    .optional(),
  meetingId: idSchema.optional(),
  state: state.optional(),
});

const newWatchLinkSchema = z.strictObject({
  expiresInMinutes: z.int().min(1).max(7 * 24 * 60).default(60),
}).meta({ id: "NewRecordingLink" });

const watchLinkSchema = z.object({
  url: z.string().describe("Opens the replay for whoever has it. It can't be read again later"),
  expiresAt: z.iso.datetime(),
}).meta({ id: "RecordingLink" });

const keyEnvelopesSchema = z.object({
  meetingId: z.string(),
  envelopes: z.array(z.object({
    secretId: z.string(),
    wrapped: z.string().describe("base64url: ephemeral public key, IV, ciphertext and tag"),
  })),
}).meta({ id: "KeyEnvelopes" });

export function recordingOperations(deps: RecordingOperationDeps): Operation[] {
  const { library, keyEnvelopes, publicUrl, now } = deps;

  async function read(recordingId: string): Promise<RecordingSummary> {
    const recording = await library.find(recordingId);
    if (recording === null) throw new Problem("not-found", "There is no such recording.");
    return recording;
  }

  return [
    operation({
      id: "listRecordings",
      method: "get",
      path: "/recordings",
      tag: "Recordings",
      summary: "List recordings, newest first",
      query: listQuerySchema,
      answer: z.object({
        recordings: z.array(recordingSchema),
        next: z.string().nullable(),
      }).meta({ id: "RecordingList" }),
    }, async ({ query }) => {
      const page = await library.list({ ...query, cursor: query.cursor ?? null });
      const recordings = page.recordings.map((recording) => recordingJson(publicUrl, recording));
      return { body: { recordings, next: page.next } };
    }),

    operation({
      id: "readRecording",
      method: "get",
      path: "/recordings/{recordingId}",
      tag: "Recordings",
      summary: "Read a recording",
      answer: recordingSchema,
      refusals: [404],
    }, async ({ params }) => ({ body: recordingJson(publicUrl, await read(params.recordingId)) })),

    operation({
      id: "mintRecordingLink",
      method: "post",
      path: "/recordings/{recordingId}/links",
      tag: "Recordings",
      summary: "Mint a short-lived link to watch a recording",
      body: newWatchLinkSchema,
      status: 201,
      answer: watchLinkSchema,
      refusals: [404],
    }, async ({ params, body }) => {
      const { recordingId } = await read(params.recordingId);
      const expiresAt = now() + body.expiresInMinutes * MINUTE_MS;
      const token = await library.createLink(recordingId, now(), expiresAt);
      const url = `${publicUrl}/recordings/${recordingId}#token=${token}`;
      return { body: { url, expiresAt: new Date(expiresAt).toISOString() } };
    }),

    operation({
      id: "readKeyEnvelopes",
      method: "get",
      path: "/recordings/{recordingId}/key-envelopes",
      tag: "Recordings",
      summary: "Read a recording's keys, wrapped to your custodian key",
      description:
        "Empty when the lesson wasn't encrypted end to end, or you had set no custodian key when " +
        "it began. ENCRYPTION.md says how to open them.",
      answer: keyEnvelopesSchema,
      refusals: [404],
    }, async ({ params }) => {
      const { meetingId } = await read(params.recordingId);
      const envelopes = (await keyEnvelopes.list(meetingId))
        .filter(({ by }) => by === null)
        .map(({ of: secretId, wrapped }) => ({ secretId, wrapped }));
      return { body: { meetingId, envelopes } };
    }),

    operation({
      id: "deleteRecording",
      method: "delete",
      path: "/recordings/{recordingId}",
      tag: "Recordings",
      summary: "Delete a recording",
      description: "Removes its video and sound, the log of its board and code, and the images.",
      status: 204,
      refusals: [404, 409],
    }, async ({ params }) => {
      await deleteRecording(deps, params.recordingId);
      return { body: undefined };
    }),
  ];
}

function recordingJson(publicUrl: string, recording: RecordingSummary) {
  return {
    recordingId: recording.recordingId,
    meetingId: recording.meetingId,
    title: recording.title,
    state: recording.state,
    startedAt: new Date(recording.startedAt).toISOString(),
    endedAt: isoTime(recording.endedAt),
    url: `${publicUrl}/recordings/${recording.recordingId}`,
    mediaBytes: recording.mediaBytes,
  };
}
