/**
 * The naive way: a whole peer connection of werift for each path, and every packet handed from one to others. Its own
 * process; it is told what to do over HTTP on loopback.
 */
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, type RtpPacket } from "werift";
import { serveUntilClosed } from "../server_process.ts";
import { AUDIO_PAYLOAD_TYPE, VIDEO_PAYLOAD_TYPE } from "./stream.ts";

interface Ask {
  does: "publish" | "subscribe" | "answer";
  kind: "audio" | "video";
  id: number;
  sdp: string;
}

const [address = "127.0.0.1"] = Deno.args;
const audiences = new Map<number, MediaStreamTrack[]>();
const subscribers = new Map<number, RTCPeerConnection>();

function connect(): RTCPeerConnection {
  return new RTCPeerConnection({
    iceServers: [],
    iceUseIpv6: false,
    iceInterfaceAddresses: { udp4: address },
    codecs: {
      audio: [
        new RTCRtpCodecParameters({
          mimeType: "audio/opus",
          clockRate: 48_000,
          channels: 2,
          payloadType: AUDIO_PAYLOAD_TYPE,
        }),
      ],
      video: [
        new RTCRtpCodecParameters({
          mimeType: "video/VP8",
          clockRate: 90_000,
          payloadType: VIDEO_PAYLOAD_TYPE,
          rtcpFeedback: [{ type: "nack" }, { type: "nack", parameter: "pli" }],
        }),
      ],
    },
  });
}

const handlers: Record<Ask["does"], (ask: Ask) => Promise<string>> = {
  publish: async ({ id, sdp }) => {
    const peer = connect();
    const audience: MediaStreamTrack[] = [];
    audiences.set(id, audience);
    peer.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((packet: RtpPacket) => {
        for (const other of audience) other.writeRtp(packet.clone());
      });
    });
    await peer.setRemoteDescription({ type: "offer", sdp });
    const { sdp: answer } = await peer.createAnswer();
    // werift would shake hands as the client, whatever the offer says; so does whoever loads it.
    const passive = answer.replace("a=setup:active", "a=setup:passive");
    await peer.setLocalDescription({ type: "answer", sdp: passive });
    return peer.localDescription?.sdp ?? "";
  },
  subscribe: async ({ id, kind }) => {
    const peer = connect();
    const track = new MediaStreamTrack({ kind });
    peer.addTransceiver(track, { direction: "sendonly" });
    await peer.setLocalDescription(await peer.createOffer());
    audiences.get(id)?.push(track);
    subscribers.set(subscribers.size + 1, peer);
    return peer.localDescription?.sdp ?? "";
  },
  answer: async ({ id, sdp }) => {
    await subscribers.get(id)?.setRemoteDescription({ type: "answer", sdp });
    return String(id);
  },
};

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  async (request) => {
    const ask = await request.json() as Ask;
    const sdp = await handlers[ask.does](ask);
    return Response.json({ sdp, subscriber: subscribers.size });
  },
);
await serveUntilClosed({ port: server.addr.port });
Deno.exit(0);
