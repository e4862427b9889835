/**
 * What the scenarios of recordings have in common: a node, the end of a lesson, and how a scenario is run by its name.
 *
 * Each runs in a process of its own, because @roamhq/wrtc crashes when a runtime that had media tracks is torn down;
 * `Deno.exit` doesn't tear down.
 */
import { expect } from "@std/expect";
import * as Y from "yjs";
import type { ManifestCore } from "../../../recorder/library.ts";
import type { TrackManifest } from "../../../rooms/contract/recording/manifest.ts";
import { filesOf, runsOf, whiteboardOf } from "../../../rooms/contract/document/schema.ts";
import type { TestClient } from "../room/client.ts";
import { type NodeOptions, probe, type Probed, RecordingNode } from "./recorded_lesson.ts";
import { until } from "../until.ts";

/** Only where something must not happen meanwhile; what must happen is waited for. */
export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Longer than a machine with other things to do needs to send and keep some seconds. */
const PATIENCE_MS = 60_000;

/** The recording of a lesson as it is now; null before there is one. */
export async function recordingOf(
  node: RecordingNode,
  meetingId: string,
): Promise<ManifestCore | null> {
  const { recordings } = await node.recorder.library.list({ limit: 1, cursor: null, meetingId });
  const [recording] = recordings;
  return recording === undefined
    ? null
    : await node.recorder.library.manifest(recording.recordingId);
}

/**
 * Resolves when the recording holds `ms` of as many tracks as are asked for. `since` is how many there were before:
 * these aren't looked at.
 */
export async function untilKept(
  node: RecordingNode,
  meetingId: string,
  ms: number,
  { tracks = 2, since = 0, fits = () => true }: {
    tracks?: number;
    since?: number;
    fits?: (track: TrackManifest) => boolean;
  } = {},
): Promise<ManifestCore> {
  let manifest: ManifestCore | null = null;
  await until(async () => {
    manifest = await recordingOf(node, meetingId);
    const kept = manifest?.tracks.filter(fits).slice(since) ?? [];
    return kept.filter(({ durationMs }) => durationMs >= ms).length >= tracks;
  }, { limitMs: PATIENCE_MS, what: `${ms} ms of ${tracks} tracks are kept` });
  return manifest!;
}

/** Runs with a node of its own, in a folder of its own. */
export async function withNode(
  run: (node: RecordingNode) => Promise<void>,
  options: Partial<NodeOptions> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lectern-recording-" });
  try {
    await using node = await RecordingNode.start({ folder, ...options });
    await run(node);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Ends the lesson; answers the recording's id, once the recording is ready. */
export async function end(node: RecordingNode, host: TestClient): Promise<string> {
  void host.request("meeting.end", {});
  const { recordingUrl } = await host.notice("meeting.ended");
  expect(recordingUrl).not.toBeNull();
  const recordingId = recordingUrl!.split("/").at(-1)!;
  expect((await node.recorder.library.find(recordingId))?.state).toBe("ready");
  return recordingId;
}

export async function segmentOf(
  node: RecordingNode,
  recordingId: string,
  token: string,
  index: number,
): Promise<Uint8Array> {
  const response = await node.get(`/${recordingId}/segments/${index}`, token);
  return new Uint8Array(await response.arrayBuffer());
}

/** What ffmpeg finds in a track's file. */
export async function probeTrack(
  node: RecordingNode,
  recordingId: string,
  token: string,
  { trackId }: TrackManifest,
): Promise<Probed> {
  const file = await node.get(`/${recordingId}/tracks/${trackId}.webm`, token);
  return await probe(new Uint8Array(await file.arrayBuffer()));
}

/** A busy machine makes fewer pictures than the camera's 25 a second, and sound it makes all the same. */
export function leastFrames({ kind, spans }: TrackManifest): number {
  const coveredMs = spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return coveredMs / (kind === "audio" ? 40 : 400);
}

/** Writes a word into everything that a document holds, under an id that doesn't tell it. */
export async function writeEverywhere(client: TestClient, id: string, word: string): Promise<void> {
  const { doc } = client;
  doc.transact(() => {
    whiteboardOf(doc).set(`p:1/${id}`, new Y.Map([["text", `board ${word}`]]));
    const text = new Y.Text(`code ${word}`);
    filesOf(doc).set(id, new Y.Map<unknown>([["name", `${word}.py`], ["text", text]]));
    const output = new Y.Text(`output ${word}`);
    runsOf(doc).push([
      new Y.Map<unknown>([["id", id], ["startedAt", Date.now()], ["output", output]]),
    ]);
  });
  await client.stored();
  await client.request("chat.send", { text: `chat ${word}` });
}

/** Runs the scenario that the command line names, and ends the process. */
export async function runNamed(scenarios: Record<string, () => Promise<void>>): Promise<never> {
  const name = Deno.args[0] ?? "";
  const scenario = scenarios[name];
  let failure: unknown = scenario === undefined ? `no scenario "${name}"` : undefined;
  try {
    await scenario?.();
  } catch (error) {
    failure = error;
  }
  if (failure !== undefined) {
    const text = failure instanceof Error ? failure.stack ?? failure.message : `${failure}`;
    await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
  }
  Deno.exit(failure === undefined ? 0 : 1);
}
