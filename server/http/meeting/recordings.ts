/**
 * `/api/recordings/{id}`: what a player reads of a recording, and how the host deletes it (recorder/FORMAT.md).
 *
 * Invariants: nothing is answered before the token was checked against this very recording; a token stands in a
 * header, never in an address; whoever may not watch learns nothing but that.
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { RecordingSummary } from "../../../recorder/library.ts";
import type { Identity } from "../../../rooms/ports.ts";
import type { HttpEnv, Uses } from "../context.ts";
import { Problem } from "../problems.ts";
import { parseRange } from "./byte_range.ts";
import { accepts, compressOnce } from "../content_encoding.ts";

/** A shorter log is sent as it is. */
const LEAST_COMPRESSED_BYTES = 1024;
/** Pieces that a file is read and sent in. */
const PIECE_BYTES = 1024 * 1024;

const ms = z.coerce.number().min(0).max(48 * 3_600_000);
const stretchQuery = z.object({
  from: ms.default(0),
  to: ms.optional(),
  on: z.literal("1").optional(),
});

export type DeletionDeps = Uses<{ library: "find" | "delete"; logger: "info" }>;
type AdmissionDeps = Uses<
  { meetings: "findInvite" | "findSession"; library: "find" | "checkLink"; now: true }
>;
type FileDeps = Uses<{ library: "fileBytes" | "file" }>;
type Deps =
  & DeletionDeps
  & AdmissionDeps
  & FileDeps
  & Uses<
    {
      meetings: "find";
      keyEnvelopes: "list";
      library: "manifest" | "segment" | "snapshot" | "log" | "header" | "clusters";
    }
  >;

interface Watcher {
  recording: RecordingSummary;
  /** Null for somebody with a link of the booking system. */
  identity: Identity | null;
}

type Binary = Uint8Array<ArrayBuffer>;

export function recordingRoutes(deps: Deps): Hono<HttpEnv> {
  const { library } = deps;
  const routes = new Hono<HttpEnv>();

  routes.get("/:recordingId", async (context) => {
    const { recording, identity } = await admit(deps, context);
    const manifest = present(await library.manifest(recording.recordingId));
    return context.json({
      ...manifest,
      you: identity === null ? null : {
        participantId: identity.participantId,
        name: identity.name,
        role: identity.role,
        locale: identity.locale ?? null,
      },
      mayDelete: identity?.role === "tutor",
    });
  });

  routes.delete("/:recordingId", async (context) => {
    const { recording, identity } = await admit(deps, context);
    if (identity?.role !== "tutor") {
      throw new Problem("forbidden", "Only the tutor may delete the recording.");
    }
    await deleteRecording(deps, recording.recordingId);
    return context.body(null, 204);
  });

  routes.get("/:recordingId/keys", async (context) => {
    const { recording: { meetingId } } = await admit(deps, context);
    const meeting = present(await deps.meetings.find(meetingId));
    const envelopes = await deps.keyEnvelopes.list(meetingId);
    return context.json({
      encryption: meeting.encryption,
      envelopes: envelopes.filter(({ by }) => by !== null),
    });
  });

  routes.get("/:recordingId/segments/:index", async (context) => {
    const { recording } = await admit(deps, context);
    const index = z.coerce.number().int().min(0).safeParse(context.req.param("index"));
    if (!index.success) throw missing();
    return await logAnswer(
      context,
      present(await library.segment(recording.recordingId, index.data)),
    );
  });

  routes.get("/:recordingId/snapshot", async (context) => {
    const { recording } = await admit(deps, context);
    const at = ms.safeParse(context.req.query("at"));
    if (!at.success) throw new Problem("bad-request", "at: expected milliseconds");
    return await logAnswer(
      context,
      present(await library.snapshot(recording.recordingId, at.data)),
    );
  });

  routes.get("/:recordingId/log", async (context) => {
    const { recording } = await admit(deps, context);
    const { from, to } = stretch(context);
    return await logAnswer(context, present(await library.log(recording.recordingId, from, to)));
  });

  routes.get("/:recordingId/tracks/:trackId/header", async (context) => {
    const { recording } = await admit(deps, context);
    const header = await library.header(recording.recordingId, context.req.param("trackId"));
    return binary(context, present(header));
  });

  routes.get("/:recordingId/tracks/:trackId/clusters", async (context) => {
    const { recording } = await admit(deps, context);
    const { from, to, on } = stretch(context);
    const trackId = context.req.param("trackId");
    const found = await library.clusters(recording.recordingId, trackId, {
      fromMs: from,
      toMs: to,
      goesOn: on !== undefined,
    });
    if (found === null) return context.body(null, 204);
    return binary(context, found.data, {
      "lectern-from-ms": `${found.fromMs}`,
      "lectern-to-ms": `${found.toMs}`,
    });
  });

  routes.get("/:recordingId/tracks/:file{.+\\.webm}", async (context) => {
    const { recording } = await admit(deps, context);
    const trackId = context.req.param("file").slice(0, -".webm".length);
    return await fileAnswer(deps, context, recording, trackId);
  });

  return routes;
}

/** Deletes a recording that is over. @throws Problem `not-found`, `conflict`. */
export async function deleteRecording(deps: DeletionDeps, recordingId: string): Promise<void> {
  const recording = await deps.library.find(recordingId);
  if (recording === null) throw missing();
  if (!await deps.library.delete(recordingId)) {
    throw new Problem("conflict", "The lesson still runs. Delete its recording when it is over.");
  }
  deps.logger.info("recording deleted", { recordingId, meetingId: recording.meetingId });
}

/** Who asks, if they may watch. @throws Problem */
async function admit(
  deps: AdmissionDeps,
  context: Context<HttpEnv, "/:recordingId">,
): Promise<Watcher> {
  const recordingId = context.req.param("recordingId");
  const token = /^Bearer (\S{1,200})$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (token === undefined) throw refused();
  const recording = await deps.library.find(recordingId);
  // Without a token that fits there is no telling whether there is such a recording.
  if (recording === null) throw missing();
  const { meetings } = deps;
  const identity = await meetings.findInvite(recording.meetingId, token) ??
    await meetings.findSession(recording.meetingId, token);
  if (identity === "revoked") throw refused();
  if (identity !== null) {
    // Guests may look back while they are in the lesson, and not afterwards.
    if (identity.userId === null && recording.state === "ready") throw refused();
    return { recording, identity };
  }
  if (!await deps.library.checkLink(recordingId, token, deps.now())) throw refused();
  return { recording, identity: null };
}

async function fileAnswer(
  { library }: FileDeps,
  context: Context<HttpEnv>,
  { recordingId }: RecordingSummary,
  trackId: string,
): Promise<Response> {
  const size = present(await library.fileBytes(recordingId, trackId));
  const range = parseRange(context.req.header("range"), size);
  if (range === "unsatisfiable") {
    return context.body(null, 416, { "content-range": `bytes */${size}` });
  }
  const { start, end } = range ?? { start: 0, end: size };
  let at = start;
  const body = new ReadableStream<Binary>({
    async pull(controller) {
      const until = Math.min(end, at + PIECE_BYTES);
      const piece = at < until ? await library.file(recordingId, trackId, at, until) : null;
      if (piece !== null) controller.enqueue(piece);
      at = until;
      if (piece === null || at >= end) controller.close();
    },
  }, { highWaterMark: 1 });
  return context.body(body, range === undefined ? 200 : 206, {
    "content-type": "video/webm",
    "content-length": `${end - start}`,
    "accept-ranges": "bytes",
    "content-disposition": `attachment; filename="${recordingId}-${trackId}.webm"`,
    ...(range === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${size}` }),
  });
}

function stretch(context: Context<HttpEnv>): { from: number; to: number; on?: "1" | undefined } {
  const parsed = stretchQuery.safeParse(context.req.query());
  if (!parsed.success) throw new Problem("bad-request", "from, to: expected milliseconds");
  return { ...parsed.data, to: parsed.data.to ?? Infinity };
}

/** Entries of the log shrink to less than half; media is compressed already. */
async function logAnswer(context: Context<HttpEnv>, entries: Binary): Promise<Response> {
  const vary = { vary: "accept-encoding" };
  const plain = entries.length < LEAST_COMPRESSED_BYTES ||
    !accepts(context.req.raw.headers, "gzip");
  if (plain) return binary(context, entries, vary);
  return binary(context, await compressOnce(entries), { ...vary, "content-encoding": "gzip" });
}

function binary(
  context: Context<HttpEnv>,
  bytes: Binary,
  headers: Record<string, string> = {},
): Response {
  return context.body(bytes, 200, { ...headers, "content-type": "application/octet-stream" });
}

function present<T>(value: T | null): T {
  if (value === null) throw missing();
  return value;
}

function missing(): Problem {
  return new Problem("not-found", "There is no such recording.");
}

function refused(): Problem {
  return new Problem("unauthorized", "This link doesn't open the recording.");
}
