/** Lectern's media process, loaded as the product starts it. */
import { startMediaProcess } from "../../../server/sfu/io/media_parent.ts";
import type { MediaProcess } from "../../../server/sfu/io/media_parent.ts";
import type { RtpParameters, TransportOptions } from "../../../rooms/contract/protocol/rtp.ts";
import { fingerprint, LoadPath } from "./path.ts";
import type { Connect, Publication, SfuServer } from "./servers.ts";
import {
  AUDIO_LEVEL_ID,
  AUDIO_PAYLOAD_TYPE,
  TRANSPORT_WIDE_ID,
  VIDEO_PAYLOAD_TYPE,
} from "./stream.ts";

const ADDRESS = "127.0.0.1";
const TRANSPORT_WIDE = {
  uri: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
  id: TRANSPORT_WIDE_ID,
};

export async function startLectern(options: { v8Flags: string[] }): Promise<SfuServer> {
  const quiet = () => {};
  const complain = (message: string, fields?: Record<string, unknown>) => {
    Deno.stderr.writeSync(new TextEncoder().encode(`${message} ${JSON.stringify(fields)}\n`));
  };
  const engine = await startMediaProcess({
    address: ADDRESS,
    port: 0,
    logger: { debug: quiet, info: quiet, warn: complain, error: complain },
    v8Flags: options.v8Flags,
  });
  return {
    pids: [engine.pid],
    address: ADDRESS,
    createRoom: () => engine.createRouter(quiet),
    publish: async (room, kind, ssrc, connect) => {
      const { path, transport } = await open(engine, room as string, "send", connect);
      const { producerId } = await engine.produce(transport.id, {
        kind,
        rtpParameters: parametersOf(kind, ssrc),
        paused: false,
      });
      return { path, handle: producerId } satisfies Publication;
    },
    subscribe: async (room, publication, connect) => {
      const { path, transport } = await open(engine, room as string, "recv", connect);
      const consumer = await engine.consume(transport.id, {
        producerId: publication.handle as string,
        rtpCapabilities: engine.routerRtpCapabilities,
      });
      await engine.setConsumerPaused(consumer.id, false);
      return path;
    },
    closeRoom: (room) => engine.closeRouter(room as string),
    counters: () => engine.counters(),
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

/** What a path is opened through: an engine, or a room's socket that stands before one. */
type Opening = Pick<MediaProcess, "createTransport" | "connectTransport">;

/** Opens a path to send or receive on. */
export async function open(
  engine: Opening,
  room: string,
  direction: "send" | "recv",
  connect: Connect,
): Promise<{ path: LoadPath; transport: TransportOptions }> {
  const path = new LoadPath(connect.sockets, ADDRESS);
  const transport = await engine.createTransport(room, direction);
  await engine.connectTransport(transport.id, {
    role: "client",
    fingerprints: [{ algorithm: "sha-256", value: fingerprint() }],
  });
  const candidate = transport.iceCandidates[0]!;
  path.connect({ ...transport.iceParameters, address: candidate.address, port: candidate.port });
  await connect.up(path);
  return { path, transport };
}

/** What a publisher says of its stream. */
export function parametersOf(kind: "audio" | "video", ssrc: number): RtpParameters {
  const audio = {
    codecs: [{
      mimeType: "audio/opus",
      payloadType: AUDIO_PAYLOAD_TYPE,
      clockRate: 48_000,
      channels: 2,
    }],
    headerExtensions: [
      { uri: "urn:ietf:params:rtp-hdrext:ssrc-audio-level", id: AUDIO_LEVEL_ID },
      TRANSPORT_WIDE,
    ],
  };
  const video = {
    codecs: [{ mimeType: "video/VP8", payloadType: VIDEO_PAYLOAD_TYPE, clockRate: 90_000 }],
    headerExtensions: [TRANSPORT_WIDE],
  };
  return { ...(kind === "audio" ? audio : video), encodings: [{ ssrc }], rtcp: { cname: "load" } };
}
