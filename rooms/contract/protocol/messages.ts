/**
 * The text frames of the room's WebSocket: requests, answers and notices, in the order of a session.
 *
 * A request is `{id, method, params}`, its answer `{id, result}` or `{id, error: {code, message}}`, a notice
 * `{method, params}`. Both sides check every frame against the schemas here. Binary frames are y-protocols
 * (see frames.ts). PROTOCOL.md shows a session; a test runs its examples through these schemas.
 */
import { z } from "zod";
import { MEDIA_SOURCES } from "../document/schema.ts";
import { ROOM_ERROR_CODES } from "../errors.ts";
import {
  consumerOptionsSchema,
  dtlsParametersSchema,
  iceParametersSchema,
  publishedParametersSchema,
  rtpCapabilitiesSchema,
  transportOptionsSchema,
} from "./rtp.ts";
import { text } from "./text.ts";

/** Raised when a change would break an older peer. Checked at hello. */
export const PROTOCOL_VERSION = 1;

export const MAX_TEXT_FRAME_BYTES = 64 * 1024;
export const MAX_CHAT_CHARS = 4000;
export const MAX_NAME_CHARS = 60;

const id = text.min(1).max(64);
const secret = text.min(1).max(200);
const clientId = z.int().min(0).max(0xffffffff);
const empty = z.object({});
const source = z.enum(MEDIA_SOURCES);
const name = text.trim().min(1).max(MAX_NAME_CHARS);
const stage = z.enum(["talk", "board", "code"]);
const audience = z.union([z.enum(["everyone", "host"]), z.array(id).max(200)]);

export const policySchema = z.object({
  draw: audience,
  edit: audience,
  run: audience,
  share: audience,
  chat: audience,
  end: z.enum(["host", "booked"]),
  waitingRoom: z.boolean(),
  selfUnmute: z.boolean(),
});

/** Everything that a participant needs to be in the room. */
export const welcomeSchema = z.object({
  meetingId: id,
  participantId: id,
  role: z.enum(["tutor", "student"]),
  /** As everybody sees it: the server tells guests apart whose name reads like that of somebody who is booked. */
  name,
  /** Came with a personal link of the booking, not by the passcode alone. */
  booked: z.boolean(),
  /** Opaque; sent in later hellos of this tab, so that it comes back as the same person. */
  session: secret,
  /** Unix ms by the server's clock, so that clients can show the same elapsed time. */
  now: z.number(),
  encryption: z.enum(["e2ee", "transport"]),
  routerRtpCapabilities: rtpCapabilitiesSchema,
});
export type Welcome = z.infer<typeof welcomeSchema>;

const base64Url = (bytes: number) =>
  text.regex(/^[A-Za-z0-9_-]+$/).length(Math.ceil(bytes * 4 / 3));
const secretId = text.regex(/^[0-9a-f]{16}$/);
const publicKey = base64Url(65);
const wrapped = text.regex(/^[A-Za-z0-9_-]+$/).max(200);

/** A secret wrapped under the one named by `by`, or, with `by` null, to the custodian. Opaque to the server. */
export const keyEnvelopeSchema = z.object({ by: secretId.nullable(), of: secretId, wrapped });

/** Whose pages take part in the encryption, in the order in which they came. */
export const rosterSchema = z.object({
  /** Who makes the epochs. */
  leader: id.nullable(),
  /** `publicKey` is null of a page that can't take part. */
  people: z.array(z.object({ participantId: id, publicKey: publicKey.nullable() })).max(200),
  /** The id of the current epoch's secret. */
  epoch: secretId.nullable(),
  /** How many people were removed so far: each time the recording gets another secret. */
  removals: z.int().min(0),
  recorded: z.boolean(),
  /** A public key that recordings are readable with too. */
  custodian: publicKey.nullable(),
});

export const helloResultSchema = z.discriminatedUnion("status", [
  z.object({ status: z.literal("joined"), welcome: welcomeSchema }),
  /** The notice `admission.admitted` or `admission.refused` follows. */
  z.object({ status: z.literal("waiting"), title: text }),
]);

/** Requests, by method: what goes in and what comes back. */
export const METHODS = {
  hello: {
    params: z.object({
      protocol: z.int(),
      meetingId: id,
      passcode: text.max(100),
      invite: secret.optional(),
      session: secret.optional(),
      /** Wanted display name; for an invite it defaults to the booked name. */
      name: name.optional(),
      /** The Yjs client id that this page writes under. */
      clientId,
    }),
    result: helloResultSchema,
  },
  /** Binds client ids that this person used earlier (a page restored from IndexedDB) to the participant. */
  "document.claim": {
    params: z.object({ clientIds: z.array(clientId).min(1).max(64) }),
    result: empty,
  },
  ping: { params: empty, result: z.object({ now: z.number() }) },

  "participant.setMedia": { params: z.object({ source, on: z.boolean() }), result: empty },
  "participant.setHand": { params: z.object({ raised: z.boolean() }), result: empty },
  /** Host: the server stops forwarding this source. */
  "participant.stopMedia": { params: z.object({ participantId: id, source }), result: empty },
  /** Host: asks, never forces. A source stopped by the host may be resumed by its owner afterwards. */
  "participant.askMedia": { params: z.object({ participantId: id, source }), result: empty },
  "participant.muteAll": { params: empty, result: empty },
  "participant.lowerHand": { params: z.object({ participantId: id }), result: empty },
  "participant.remove": { params: z.object({ participantId: id }), result: empty },

  "admission.admit": { params: z.object({ ticket: id }), result: empty },
  "admission.refuse": { params: z.object({ ticket: id }), result: empty },

  "meeting.setLocked": { params: z.object({ locked: z.boolean() }), result: empty },
  "meeting.setPolicy": { params: z.object({ policy: policySchema.partial() }), result: empty },
  "meeting.leave": { params: empty, result: empty },
  /** The host, and whoever is booked unless the policy says otherwise. */
  "meeting.end": { params: empty, result: empty },
  /** Host: the room closes later than it would have. */
  "meeting.extend": {
    params: z.object({ minutes: z.int().min(1).max(60).default(15) }),
    result: z.object({ endsAt: z.number() }),
  },
  /** Host: everybody's page turns to this stage. */
  "meeting.bring": { params: z.object({ stage }), result: empty },

  "recording.pause": { params: empty, result: empty },
  "recording.resume": { params: empty, result: empty },

  "chat.send": {
    params: z.object({ text: text.trim().min(1).max(MAX_CHAT_CHARS) }),
    result: z.object({ id }),
  },

  /** End-to-end encryption: this page's public key (P-256, uncompressed), or null when it can't take part. */
  "keys.announce": { params: z.object({ publicKey: publicKey.nullable() }), result: rosterSchema },
  /** The leading page: an epoch's secret wrapped to each page, and the envelopes of the recording. */
  "keys.distribute": {
    params: z.object({
      epoch: secretId,
      keys: z.array(z.object({ to: id, wrapped })).max(200),
      envelopes: z.array(keyEnvelopeSchema).max(64).default([]),
    }),
    result: empty,
  },
  /** This page misses the current secret. */
  "keys.ask": { params: empty, result: empty },

  "media.createTransport": {
    params: z.object({ direction: z.enum(["send", "recv"]) }),
    result: transportOptionsSchema,
  },
  "media.connectTransport": {
    params: z.object({ transportId: id, dtlsParameters: dtlsParametersSchema }),
    result: empty,
  },
  "media.restartIce": { params: z.object({ transportId: id }), result: iceParametersSchema },
  "media.closeTransport": { params: z.object({ transportId: id }), result: empty },
  "media.produce": {
    params: z.object({
      transportId: id,
      kind: z.enum(["audio", "video"]),
      source,
      rtpParameters: publishedParametersSchema,
      /** False to publish muted: nothing is forwarded until setMedia {on: true}. */
      on: z.boolean().default(true),
    }),
    result: z.object({ producerId: id }),
  },
  "media.closeProducer": { params: z.object({ producerId: id }), result: empty },
  /** The consumer starts paused; resume it once the browser has the track. */
  "media.consume": {
    params: z.object({
      transportId: id,
      producerId: id,
      rtpCapabilities: rtpCapabilitiesSchema,
    }),
    result: consumerOptionsSchema,
  },
  "media.resumeConsumer": { params: z.object({ consumerId: id }), result: empty },
  "media.pauseConsumer": { params: z.object({ consumerId: id }), result: empty },
  "media.closeConsumer": { params: z.object({ consumerId: id }), result: empty },
  /** How large the video is shown, in CSS pixels times the device's ratio; chooses the layer. */
  "media.setConsumerSize": {
    params: z.object({
      consumerId: id,
      width: z.int().min(0).max(16384),
      height: z.int().min(0).max(16384),
    }),
    result: empty,
  },
} as const;

export type Method = keyof typeof METHODS;
export type ParamsOf<M extends Method> = z.input<(typeof METHODS)[M]["params"]>;
export type CheckedParamsOf<M extends Method> = z.output<(typeof METHODS)[M]["params"]>;
export type ResultOf<M extends Method> = z.output<(typeof METHODS)[M]["result"]>;

/** Notices from the server, by method. */
export const NOTICES = {
  /** The peer was quiet for a while: anything it says shows that it is there. */
  ping: empty,
  "admission.admitted": z.object({ welcome: welcomeSchema }),
  "admission.refused": empty,
  /** To hosts: everyone who waits now, oldest first. Sent whole on each change. */
  "admission.waiting": z.object({
    waiting: z.array(z.object({ ticket: id, name, since: z.number() })).max(200),
  }),
  /** Clocks that are stored for each of this participant's client ids: `[clientId, clock]` pairs. */
  saved: z.object({ clocks: z.array(z.tuple([clientId, z.int().min(0)])).max(256) }),
  /** The host asks this participant to switch a source on. */
  "participant.asked": z.object({ source, by: text }),
  /** The host stopped one of this participant's sources. */
  "participant.stopped": z.object({ source, by: text }),
  "meeting.brought": z.object({ stage, by: text }),
  /** `extendableMs`: what a host may still add to it. */
  "meeting.warning": z.object({ endsAt: z.number(), extendableMs: z.number().min(0).default(0) }),
  /** Told to everybody, whoever asked for it. */
  "meeting.extended": z.object({ endsAt: z.number(), by: text }),
  "meeting.ended": z.object({
    reason: z.enum(["ended", "timeout", "empty", "cancelled"]),
    by: text.nullable(),
    recordingUrl: text.nullable(),
  }),
  "participant.removed": z.object({ by: text }),
  /** Sent whole on each change, to the pages that announced themselves. */
  "keys.roster": rosterSchema,
  /** The leader's secrets, wrapped to this page. */
  "keys.given": z.object({ from: id, epoch: secretId, wrapped }),
  /** To the leader: somebody misses the current secret. */
  "keys.asked": z.object({ participantId: id }),
  /** Loudest first; empty when nobody speaks. */
  "media.speakers": z.object({
    speakers: z.array(z.object({ participantId: id, level: z.number() })).max(16),
  }),
  /** How good everybody's connection to the server is, as the server sees it. Whole, when one of them changed. */
  "media.quality": z.object({
    people: z.array(z.object({
      participantId: id,
      grade: z.enum(["good", "fair", "poor"]),
      /** The part of the packets that was lost on the path, 0–1. */
      lost: z.number(),
      /** Null while it isn't known. */
      roundTripMs: z.number().nullable(),
      jitterMs: z.number(),
    })).max(200),
  }),
  /** The media process was replaced: every transport, producer and consumer is gone. Make new ones. */
  "media.lost": empty,
  "media.transportClosed": z.object({ transportId: id }),
  "media.consumerClosed": z.object({ consumerId: id }),
  /** This participant's connection has no room for a video, or has it again; audio goes on. */
  "media.consumerStarved": z.object({ consumerId: id, starved: z.boolean() }),
  /** What is watched of this participant's producer, by encoding: send no more than that. */
  "media.demand": z.object({
    producerId: id,
    encodings: z.array(z.object({
      active: z.boolean(),
      /** Bits a second; null is the sender's own choice. */
      maxBitrate: z.number().positive().nullable(),
    })).max(4),
  }),
  /** Whether this participant's audio should carry what was sent before once more, because packets of it are lost. */
  "media.redundancy": z.object({ producerId: id, wanted: z.boolean() }),
  "recording.warning": z.object({ message: text }),
  "server.restarting": empty,
  error: z.object({ code: z.enum(ROOM_ERROR_CODES), message: text }),
} as const;

export type NoticeMethod = keyof typeof NOTICES;
export type NoticeParams<M extends NoticeMethod> = z.output<(typeof NOTICES)[M]>;
export type Notice = { [M in NoticeMethod]: { method: M; params: NoticeParams<M> } }[NoticeMethod];

export const requestEnvelope = z.object({
  id: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  method: z.enum(Object.keys(METHODS) as [Method, ...Method[]]),
  params: z.unknown(),
});

export const answerEnvelope = z.union([
  z.object({ id: z.int(), result: z.unknown() }),
  z.object({
    id: z.int(),
    error: z.object({ code: z.enum(ROOM_ERROR_CODES), message: text }),
  }),
]);
