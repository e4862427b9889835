/** Who may open a recording by HTTP, what deleting one removes, and how its log is sent. */
import { gunzipSync } from "node:zlib";
import { expect } from "@std/expect";
import * as Y from "yjs";
import { openDatabase } from "../../db/database.ts";
import { readEntries } from "../../rooms/contract/recording/log_entries.ts";
import { documentAt } from "../../recorder/playback.ts";
import { whiteboardOf } from "../../rooms/contract/document/schema.ts";
import { type HttpServer, LESSON, startHttp } from "../support/http/http_server.ts";
import { keepRecording } from "../support/recording/kept_recording.ts";

const MINUTE_MS = 60_000;

interface Recorded {
  server: HttpServer;
  meetingId: string;
  recordingId: string;
  trackId: string;
  /** Personal links' invites, by name. */
  invites: Record<string, string>;
  assetId: string;
  /** Asks a route of the recording with a token. */
  get(path: string, token?: string, init?: RequestInit): Promise<Response>;
}

/** A lesson of ten seconds with a camera, a board and an image, which is over. */
async function onRecorded(run: (recorded: Recorded) => Promise<void>): Promise<void> {
  await using server = await startHttp();
  const { meetings, log, assets, path } = server.storage;
  const startAt = server.clock.now;
  const { meeting, invites } = await meetings.create({
    ...LESSON,
    students: [{ id: "s-1", name: "Ada", locale: "he" }],
    scheduledStart: null,
    scheduledEnd: null,
    bookingId: null,
    timeZone: null,
    isRecorded: true,
    encryption: "transport",
    policy: {},
  });
  const { meetingId } = meeting;
  const database = await openDatabase({ kind: "file", path, synchronous: "normal" });
  await using closing = new AsyncDisposableStack();
  closing.defer(() => database.close());
  const doc = new Y.Doc();
  const rows: { at: number; update: Uint8Array }[] = [];
  doc.on("update", (update: Uint8Array) => rows.push({ at: startAt + rows.length * 20, update }));
  for (let n = 0; n < 200; n++) whiteboardOf(doc).set(`p:1/${n}`, new Y.Map([["x", n]]));
  const seq = await log.append(meetingId, rows);
  doc.destroy();
  const image = { mediaType: "image/png", data: new Uint8Array([1, 2, 3]) };
  const assetId = await assets.add({ meetingId, participantId: "mia", ...image }, startAt);
  const kept = await keepRecording(database, meetingId, { startAt, durationMs: 10_000 });
  await kept.end(seq);
  const { recordingId } = kept;
  const get: Recorded["get"] = (path, token, init = {}) =>
    server.send(`/api/recordings/${recordingId}${path}`, {
      ...init,
      headers: {
        ...init.headers as Record<string, string>,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
  const byName = Object.fromEntries(invites.map(({ name, token }) => [name, token]));
  const manifest = await (await get("", byName["Mia"])).json();
  const { trackId } = manifest.tracks[0];
  await run({ server, meetingId, recordingId, trackId, invites: byName, assetId, get });
}

Deno.test("a recording tells a watcher's page which language was booked for them", async () => {
  await onRecorded(async ({ invites, get }) => {
    const localeOf = async (name: string) =>
      (await (await get("", invites[name])).json()).you.locale;
    expect(await Promise.all([localeOf("Ada"), localeOf("Mia")])).toEqual(["he", null]);
  });
});

Deno.test("tutor, booked students and minted links open every part of a recording; everybody else gets one plain refusal", async () => {
  await onRecorded(async ({ server, meetingId, recordingId, trackId, invites, get }) => {
    const { meetings } = server.storage;
    const other = await meetings.create({
      ...LESSON,
      scheduledStart: null,
      scheduledEnd: null,
      bookingId: null,
      timeZone: null,
      isRecorded: true,
      encryption: "transport",
      policy: {},
    });
    const guest = { participantId: "g", name: "Gil", role: "student" as const, userId: null };
    const short = await mint(server, recordingId, 1);
    const minted = await mint(server, recordingId, 60);
    const late = await meetings.issueLink(meetingId, "s-1");
    server.clock.now += 2 * MINUTE_MS;
    const may = { Mia: invites["Mia"]!, Ada: invites["Ada"]!, minted, late: late!.token };
    const mayNot = {
      nobody: undefined,
      madeUp: "made-up",
      expired: short,
      guest: await meetings.openSession(meetingId, guest),
      elsewhere: other.invites[0]!.token,
    };
    const parts = [
      "",
      "/segments/0",
      "/snapshot?at=0",
      "/log?from=0&to=5000",
      `/tracks/${trackId}/header`,
      `/tracks/${trackId}/clusters?from=0&to=2000`,
      `/tracks/${trackId}.webm`,
    ];
    for (const part of parts) {
      for (const [who, token] of Object.entries(may)) {
        const { status, body } = await get(part, token);
        expect([part, who, status]).toEqual([part, who, 200]);
        await body?.cancel();
      }
      for (const [who, token] of Object.entries(mayNot)) {
        const answer = await get(part, token);
        expect([part, who, answer.status]).toEqual([part, who, 401]);
        expect(await answer.json()).toMatchObject({
          code: "unauthorized",
          detail: "This link doesn't open the recording.",
        });
      }
    }
    // Who was removed from the lesson doesn't watch it either.
    const ada = await meetings.findInvite(meetingId, invites["Ada"]!);
    if (ada === null || ada === "revoked") throw new Error("Ada is unknown");
    await meetings.removeParticipant(meetingId, ada.participantId);
    expect((await get("", invites["Ada"])).status).toBe(401);
    expect((await get("", invites["Mia"])).status).toBe(200);
  });
});

Deno.test("only the host deletes by page, and nothing of media, log, images and links is left", async () => {
  await onRecorded(async ({ server, meetingId, recordingId, invites, assetId, get }) => {
    const token = await mint(server, recordingId, 60);
    for (const stranger of [invites["Ada"], token]) {
      expect((await get("", stranger, { method: "DELETE" })).status).toBe(403);
    }
    expect((await get("", undefined, { method: "DELETE" })).status).toBe(401);
    expect((await get("", invites["Mia"], { method: "DELETE" })).status).toBe(204);
    expect((await get("", invites["Mia"])).status).toBe(404);
    expect((await get("", token)).status).toBe(404);
    await expectNothingLeft(server, meetingId, assetId);
  });
});

Deno.test("the booking system deletes by API, which leaves as little", async () => {
  await onRecorded(async ({ server, meetingId, recordingId, assetId }) => {
    expect((await server.api("DELETE", `/recordings/${recordingId}`)).status).toBe(204);
    expect((await server.api("DELETE", `/recordings/${recordingId}`)).status).toBe(404);
    expect((await server.api("GET", `/recordings/${recordingId}`)).status).toBe(404);
    await expectNothingLeft(server, meetingId, assetId);
  });
});

Deno.test("a recording's log is sent compressed to whoever takes it, and is the same", async () => {
  await onRecorded(async ({ invites, get }) => {
    const plain = await get("/segments/0", invites["Mia"]);
    expect(plain.headers.get("content-encoding")).toBeNull();
    const bytes = new Uint8Array(await plain.arrayBuffer());
    const doc = documentAt(readEntries(bytes)!, Infinity);
    expect(whiteboardOf(doc).size).toBe(200);
    doc.destroy();
    const headers = { "accept-encoding": "gzip, deflate, br" };
    const packed = await get("/segments/0", invites["Mia"], { headers });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("vary")).toBe("accept-encoding");
    const sent = new Uint8Array(await packed.arrayBuffer());
    expect(sent.length).toBeLessThan(bytes.length / 2);
    expect(new Uint8Array(gunzipSync(sent))).toEqual(bytes);
  });
});

/** A link of the booking system; answers its token. */
async function mint(server: HttpServer, recordingId: string, minutes: number): Promise<string> {
  const answer = await server.api("POST", `/recordings/${recordingId}/links`, {
    expiresInMinutes: minutes,
  });
  expect(answer.status).toBe(201);
  return new URL((await answer.json()).url).hash.slice("#token=".length);
}

async function expectNothingLeft(
  { storage }: HttpServer,
  meetingId: string,
  assetId: string,
): Promise<void> {
  expect(await storage.log.load(meetingId)).toEqual({ snapshot: null, rows: [] });
  expect(await storage.assets.find(meetingId, assetId)).toBeNull();
  expect((await storage.meetings.read(meetingId))?.recordingUrl).toBeNull();
  const database = await openDatabase({ kind: "file", path: storage.path, synchronous: "normal" });
  try {
    for (
      const table of [
        "recordings",
        "recording_spans",
        "recording_tracks",
        "media_chunks",
        "recording_entries",
        "recording_markers",
        "recording_links",
        "key_envelopes",
      ] as const
    ) {
      const rows = await database.query.selectFrom(table).selectAll().execute();
      expect([table, rows.length]).toEqual([table, 0]);
    }
  } finally {
    await database.close();
  }
}
