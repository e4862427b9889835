/** The little SDP that servers need which speak nothing else. */
import { fingerprint, type LoadPath, type ServerSide } from "./path.ts";
import {
  AUDIO_LEVEL_ID,
  AUDIO_PAYLOAD_TYPE,
  TRANSPORT_WIDE_ID,
  VIDEO_PAYLOAD_TYPE,
} from "./stream.ts";

/** Most servers gather no candidate on the loopback interface; what is sent to an own address never leaves the machine. */
export function outwardAddress(): string {
  const found = Deno.networkInterfaces().find(({ family, name }) =>
    family === "IPv4" && name !== "lo"
  );
  if (found === undefined) throw new Error("an interface besides lo is needed");
  return found.address;
}

/** What a path offers or answers: one medium, one way. */
export function describe(
  kind: "audio" | "video",
  path: LoadPath,
  direction: "sendonly" | "recvonly",
  ssrc?: number,
): string {
  const audio = kind === "audio";
  const payloadType = audio ? AUDIO_PAYLOAD_TYPE : VIDEO_PAYLOAD_TYPE;
  const { address, port } = path.socket;
  const lines = [
    "v=0",
    `o=- 1 1 IN IP4 ${address}`,
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
    `c=IN IP4 ${address}`,
    "a=mid:0",
    `a=${direction}`,
    "a=rtcp-mux",
    `a=ice-ufrag:${path.usernameFragment}`,
    `a=ice-pwd:${path.password}`,
    `a=fingerprint:sha-256 ${fingerprint()}`,
    "a=setup:active",
    `a=rtpmap:${payloadType} ${audio ? "opus/48000/2" : "VP8/90000"}`,
    ...(audio ? [] : [`a=rtcp-fb:${payloadType} nack`, `a=rtcp-fb:${payloadType} nack pli`]),
    `a=rtcp-fb:${payloadType} transport-cc`,
    `a=extmap:${TRANSPORT_WIDE_ID} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`,
    ...(audio ? [`a=extmap:${AUDIO_LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level`] : []),
    ...(ssrc === undefined ? [] : [`a=ssrc:${ssrc} cname:load`]),
    `a=candidate:1 1 udp 2113937151 ${address} ${port} typ host`,
    "a=end-of-candidates",
  ];
  return lines.join("\r\n") + "\r\n";
}

/** Where the server is to be reached, as its SDP says. */
export function serverSide(sdp: string | undefined): ServerSide {
  const line = (pattern: RegExp) => {
    const found = sdp?.match(pattern);
    if (found === null || found === undefined) throw new Error(`no ${pattern} in ${sdp}`);
    return found;
  };
  const candidate = line(/a=candidate:\S+ 1 udp \S+ (\S+) (\d+) typ host/i);
  return {
    address: candidate[1]!,
    port: Number(candidate[2]),
    usernameFragment: line(/a=ice-ufrag:(\S+)/)[1]!,
    password: line(/a=ice-pwd:(\S+)/)[1]!,
  };
}
