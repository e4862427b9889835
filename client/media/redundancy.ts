/**
 * Redundant voice (RED, RFC 2198): each packet carries the audio of the one before once more, so that a lost packet
 * costs nothing that is heard. Only without end-to-end encryption: browsers differ in what they hand to a transform.
 *
 * mediasoup-client negotiates one codec a track and no RED, so the descriptions are completed on their way to the
 * browser: a browser that doesn't offer RED, as Firefox, is left as it is. Audio is sent redundantly only while the
 * server asks for it: it costs as much again. Invariant: after a browser refused a description that was completed, none
 * is changed any more.
 */
import { detectDevice, Device } from "mediasoup-client";
import { Chrome111 } from "mediasoup-client/handlers/Chrome111";
import { Chrome74 } from "mediasoup-client/handlers/Chrome74";
import { Safari12 } from "mediasoup-client/handlers/Safari12";
import type {
  DeviceOptions,
  HandlerFactory,
  HandlerInterface,
  Producer,
  RtpParameters,
  Transport,
} from "mediasoup-client/types";
import type { ParamsOf } from "../../rooms/contract/protocol/messages.ts";
import { completeRedundancy, offeredRedundancy, preferRedundancy } from "./redundancy_sdp.ts";

/** The library's handlers of browsers that know RED. */
const HANDLERS = { Chrome111, Chrome74, Safari12 };

const RED = { mimeType: "audio/red", clockRate: 48000, channels: 2 } as const;

type Receivable = ParamsOf<"media.consume">["rtpCapabilities"];

/** What is wanted of one peer connection. */
interface Negotiation {
  peer: RTCPeerConnection;
  /** The sections whose audio is to be sent redundantly, by mid. */
  redundant: Set<string>;
  browser: Browser;
}

interface Browser {
  /** It didn't take a description that was completed. */
  refused: boolean;
}

const negotiations = new WeakMap<HandlerInterface, Negotiation>();

/** A device whose transports know redundant audio, where the browser does. @throws where there is no WebRTC. */
export function redundantDevice(
  handlerName: DeviceOptions["handlerName"] = detectDevice(),
): Device {
  const handler = Object.entries(HANDLERS).find(([name]) => name === handlerName)?.[1];
  if (handler === undefined) return new Device(handlerName === undefined ? {} : { handlerName });
  const original = handler.createFactory({});
  const browser: Browser = { refused: false };
  const factory: HandlerFactory["factory"] = (options) => adopt(original.factory(options), browser);
  return new Device({ handlerFactory: { ...original, factory } });
}

function adopt(handler: HandlerInterface, browser: Browser): HandlerInterface {
  // Private to the library; without it audio stays plain.
  const peer: unknown = Reflect.get(handler, "_pc");
  if (!(peer instanceof RTCPeerConnection)) return handler;
  const negotiation: Negotiation = { peer, redundant: new Set(), browser };
  negotiations.set(handler, negotiation);
  const set = peer.setRemoteDescription.bind(peer);
  peer.setRemoteDescription = async (description: RTCSessionDescriptionInit) => {
    const completed = complete(description, negotiation);
    if (completed === description) return await set(description);
    try {
      await set(completed);
    } catch (error) {
      browser.refused = true;
      // The server was told that redundant audio can be received: that has to be begun anew.
      if (completed.type === "offer") throw error;
      await set(description);
    }
  };
  return handler;
}

function complete(
  description: RTCSessionDescriptionInit,
  { peer, redundant, browser }: Negotiation,
): RTCSessionDescriptionInit {
  const { type, sdp } = description;
  if (browser.refused || sdp === undefined) return description;
  const own = peer.localDescription?.sdp ?? "";
  const completed = type === "offer"
    ? completeRedundancy(sdp)
    : preferRedundancy(sdp, own, redundant);
  return completed === sdp ? description : { type, sdp: completed };
}

/** What the server is told that this transport can receive. */
export function receivable(transport: Transport, device: Device): Receivable {
  const capabilities = device.recvRtpCapabilities as Receivable;
  const negotiation = negotiations.get(transport.handler);
  if (negotiation === undefined || negotiation.browser.refused || !decodesRed()) {
    return capabilities;
  }
  const red = { kind: "audio" as const, ...RED };
  return { ...capabilities, codecs: [...capabilities.codecs ?? [], red] };
}

function decodesRed(): boolean {
  if (typeof RTCRtpReceiver === "undefined") return false;
  const { codecs = [] } = RTCRtpReceiver.getCapabilities?.("audio") ?? {};
  return codecs.some(({ mimeType }) => mimeType.toLowerCase() === RED.mimeType);
}

/** What the server is told that this transport sends, with RED where the browser can send it. */
export function sendable(transport: Transport, parameters: RtpParameters): RtpParameters {
  const { mid } = parameters;
  const sdp = negotiations.get(transport.handler)?.peer.localDescription?.sdp;
  const payloadType = sdp === undefined || mid === undefined
    ? undefined
    : offeredRedundancy(sdp, mid);
  if (payloadType === undefined) return parameters;
  const red = { ...RED, payloadType, parameters: {}, rtcpFeedback: [] };
  return { ...parameters, codecs: [...parameters.codecs, red] };
}

/** Sends the producer's audio redundantly from now on, or plainly. */
export async function sendRedundantly(
  transport: Transport,
  producer: Producer,
  on: boolean,
): Promise<void> {
  const negotiation = negotiations.get(transport.handler);
  const { mid } = producer.rtpParameters;
  if (negotiation === undefined || mid === undefined) return;
  if (on) negotiation.redundant.add(mid);
  else negotiation.redundant.delete(mid);
  // Changes nothing but negotiates again.
  await producer.setRtpEncodingParameters({});
}
