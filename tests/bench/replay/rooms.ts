/**
 * What a server needs that records many lessons at once: memory and CPU time of its processes, as the kernel tells them.
 *
 * A whole Lectern in processes of its own; two people a room, who send sound and half a Mbit of pictures a second over
 * real ICE, DTLS and SRTP, and draw four times a second. Nobody watches, so what is measured is the recording.
 */
import * as Y from "yjs";
import { whiteboardOf } from "../../../rooms/contract/document/schema.ts";
import type { MediaEngine } from "../../../server/sfu/media_engine.ts";
import { TestClient } from "../../support/room/client.ts";
import type { Ready } from "./server.ts";
import { childrenOf, processCpuMs, processResidentMb, ServerProcess } from "../server_process.ts";
import { drive } from "../sfu.ts";
import { open, parametersOf } from "../sfu/lectern.ts";
import { Connect } from "../sfu/servers.ts";
import { LoadStream, type Traffic } from "../sfu/stream.ts";

const TRAFFIC: readonly Traffic[] = [
  { kind: "audio", burst: 1, packetsPerSecond: 50, payloadBytes: 80 },
  { kind: "video", burst: 3, packetsPerSecond: 75, payloadBytes: 833 },
];
const WARM_UP_MS = 3000;
const STROKE_MS = 250;

export async function recordRooms(rooms: number, forMs: number): Promise<Record<string, unknown>> {
  const script = new URL("./server.ts", import.meta.url).href;
  await using server = await ServerProcess.start<Ready>(script, [`${rooms}`]);
  const pids = { server: server.pid, media: childrenOf(server.pid)[0]! };
  const idleMb = residentMb(pids);
  const connect = new Connect();
  const clients: TestClient[] = [];
  const streams: LoadStream[] = [];
  for (const { meetingId, invites } of server.ready.lessons) {
    for (const invite of invites) {
      const client = await new TestClient(server.ready.socket).join({ meetingId, invite });
      clients.push(client);
      streams.push(...await publish(client, connect, streams.length + 10_000));
    }
  }
  const nowMs = performance.now();
  streams.forEach((stream, i) => stream.begin(nowMs, i / streams.length));
  let strokes = 0;
  const drawing = setInterval(() => {
    strokes++;
    for (const { doc } of clients) {
      whiteboardOf(doc).set(`p:${doc.clientID}-${strokes}`, new Y.Map([["x", strokes]]));
    }
  }, STROKE_MS);
  await drive(streams, connect, WARM_UP_MS);
  const from = { server: processCpuMs(pids.server), media: processCpuMs(pids.media) };
  await drive(streams, connect, forMs);
  const cpu = (pid: "server" | "media") => (processCpuMs(pids[pid]) - from[pid]) / forMs * 100;
  const percent = { server: cpu("server"), media: cpu("media") };
  const busyMb = residentMb(pids);
  clearInterval(drawing);
  // All at once, as at the end of a school hour.
  const endMs = (await endAll(clients)).toSorted((a, b) => a - b);
  await Promise.all(clients.map((client) => client.close()));
  connect.close();
  return {
    rooms,
    tracks: streams.length,
    seconds: forMs / 1000,
    packetsPerSecond: streams.reduce((sum, { sent }) => sum + sent, 0) /
        (WARM_UP_MS + forMs) * 1000 | 0,
    serverMb: Math.round(busyMb.server),
    mediaMb: Math.round(busyMb.media),
    idleServerMb: Math.round(idleMb.server),
    idleMediaMb: Math.round(idleMb.media),
    mbPerRoom: Number(
      ((busyMb.server + busyMb.media - idleMb.server - idleMb.media) / rooms).toFixed(2),
    ),
    serverCpuPercent: Number(percent.server.toFixed(1)),
    mediaCpuPercent: Number(percent.media.toFixed(1)),
    endToReadyP50Ms: Math.round(endMs[endMs.length >> 1]!),
    endToReadyMostMs: Math.round(endMs.at(-1)!),
  };
}

/** The hosts end their lessons; answers how long each waited for a recording that can be watched. */
function endAll(clients: readonly TestClient[]): Promise<number[]> {
  const hosts = clients.filter(({ welcome }) => welcome?.role === "tutor");
  return Promise.all(hosts.map(async (host) => {
    const began = performance.now();
    void host.request("meeting.end", {}).catch(() => {});
    const { recordingUrl } = await host.notice("meeting.ended");
    if (recordingUrl === null) throw new Error("a lesson ended without its recording");
    return performance.now() - began;
  }));
}

/** Opens one path through the room and produces a microphone and a camera on it. */
async function publish(
  client: TestClient,
  connect: Connect,
  firstSsrc: number,
): Promise<LoadStream[]> {
  const throughRoom: Pick<MediaEngine, "createTransport" | "connectTransport"> = {
    createTransport: (_, direction) => client.request("media.createTransport", { direction }),
    connectTransport: async (transportId, dtlsParameters) => {
      await client.request("media.connectTransport", { transportId, dtlsParameters });
    },
  };
  const { path, transport } = await open(throughRoom, "", "send", connect);
  const streams: LoadStream[] = [];
  for (const traffic of TRAFFIC) {
    const { kind } = traffic;
    const ssrc = firstSsrc + streams.length;
    await client.request("media.produce", {
      transportId: transport.id,
      kind,
      source: kind,
      rtpParameters: parametersOf(kind, ssrc),
      on: true,
    });
    streams.push(new LoadStream(path, ssrc, traffic));
  }
  return streams;
}

function residentMb(pids: { server: number; media: number }): { server: number; media: number } {
  return { server: processResidentMb(pids.server), media: processResidentMb(pids.media) };
}
