/**
 * Fuzzes what becomes part of browsers' descriptions, from both sides: what publishers announce and receivers say that
 * they can, through the server to a consumer; and what a server answers, through the checks of a page.
 *
 * Violations: anything thrown but a refusal; a text that reaches a consumer and isn't the server's own; a number that
 * isn't one of those that the server chooses; a description by mediasoup-client in which a line was begun or ended by a
 * value.
 */
import { RemoteSdp } from "mediasoup-client/handlers/sdp/RemoteSdp";
import { METHODS } from "../../rooms/contract/protocol/messages.ts";
import type { ConsumerOptions, TransportOptions } from "../../rooms/contract/protocol/rtp.ts";
import { MediaError } from "../../server/sfu/media_engine.ts";
import { Lesson, takesRed } from "../../server/sfu/testing/simulated_lesson.ts";
import { Random } from "./guard/random.ts";
import type { FuzzOptions, FuzzResult } from "./run.ts";

const RUNS_A_LESSON = 500;
/** In every hostile text, harmless ones included: no consumer may be told it. */
const MARK = "zzmark";
/** A line that no description has by itself. */
const INJECTED = `a=${MARK}`;
const TEXTS = [
  MARK,
  `${MARK}\r\n${INJECTED}`,
  `\n${INJECTED}`,
  `\r${INJECTED}`,
  `\u2028${INJECTED}`,
  `1;${MARK}=1`,
  `1 ${MARK}`,
  `${MARK}\u0000`,
  `é${MARK}`,
  MARK.repeat(50),
];
const NUMBERS = [-1, 0, 1, 1.5, 127, 128, 255, 2 ** 32, 2 ** 53, 1e308];
const MIDS = "urn:ietf:params:rtp-hdrext:sdes:mid";
const TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/** As browsers announce them. */
const ANNOUNCED = [
  {
    kind: "audio",
    rtpParameters: {
      mid: "0",
      codecs: [
        {
          mimeType: "audio/opus",
          payloadType: 111,
          clockRate: 48000,
          channels: 2,
          parameters: { minptime: 10, useinbandfec: 1 },
          rtcpFeedback: [{ type: "transport-cc", parameter: "" }],
        },
        { mimeType: "audio/red", payloadType: 63, clockRate: 48000, channels: 2, parameters: {} },
      ],
      headerExtensions: [
        { uri: MIDS, id: 4, encrypt: false, parameters: {} },
        { uri: "urn:ietf:params:rtp-hdrext:ssrc-audio-level", id: 1 },
      ],
      encodings: [{ ssrc: 0xa0000001, dtx: false }],
      rtcp: { cname: "Q8V+pl/1", reducedSize: true, mux: true },
      msid: "stream track",
    },
  },
  {
    kind: "video",
    rtpParameters: {
      mid: "1",
      codecs: [
        {
          mimeType: "video/VP8",
          payloadType: 96,
          clockRate: 90000,
          parameters: { "max-fs": 12288 },
          rtcpFeedback: [{ type: "nack", parameter: "pli" }, { type: "goog-remb", parameter: "" }],
        },
        { mimeType: "video/rtx", payloadType: 97, clockRate: 90000, parameters: { apt: 96 } },
      ],
      headerExtensions: [
        { uri: MIDS, id: 4 },
        { uri: TRANSPORT_WIDE, id: 3 },
        { uri: "urn:3gpp:video-orientation", id: 13 },
      ],
      encodings: [
        { rid: "r0", maxBitrate: 150_000, scalabilityMode: "L1T1" },
        { rid: "r1", ssrc: 0xc0000003, rtx: { ssrc: 0xc0000004 } },
      ],
      rtcp: { cname: "{5a1b}" },
    },
  },
] as const;

/** A copy in which some values, and some names, are others: about one in `every`. */
function twist(value: unknown, random: Random, every: number): unknown {
  const hit = () => random.below(every) === 0;
  if (random.below(10 * every) === 0) return random.pick([null, [], {}, 7, MARK, undefined]);
  if (Array.isArray(value)) {
    const items = value.map((item) => twist(item, random, every));
    if (items.length > 0 && hit()) items.push(items[random.below(items.length)]);
    if (hit()) items.splice(random.below(items.length + 1), 1);
    return items;
  }
  if (typeof value === "object" && value !== null) {
    const twisted: Record<string, unknown> = {};
    for (const [name, part] of Object.entries(value)) {
      if (random.below(3 * every) > 0) twisted[name] = twist(part, random, every);
    }
    if (hit()) twisted[random.pick(TEXTS)] = random.pick([random.pick(TEXTS), 1, true, null]);
    return twisted;
  }
  if (typeof value === "string" && hit()) {
    return random.chance(0.5) ? random.pick(TEXTS) : value + random.pick(TEXTS);
  }
  if (typeof value === "number" && hit()) return random.pick([...NUMBERS, random.pick(TEXTS)]);
  return value;
}

const TEXTS_OF_CONSUMERS = new Set([
  ...["audio", "video", "audio/opus", "audio/red", "video/VP8", "video/rtx"],
  ...["nack", "pli", "ccm", "fir", "transport-cc", ""],
  ...[TRANSPORT_WIDE, "urn:3gpp:video-orientation", "urn:ietf:params:rtp-hdrext:ssrc-audio-level"],
]);
const NAMES_OF_CONSUMERS = new Set([
  ...["id", "producerId", "kind", "rtpParameters", "mid", "codecs", "headerExtensions"],
  ...["encodings", "rtcp", "mimeType", "payloadType", "clockRate", "channels", "parameters"],
  ...["rtcpFeedback", "type", "parameter", "uri", "encrypt", "ssrc", "rtx", "cname"],
  ...["reducedSize", "mux", "apt", "minptime", "useinbandfec"],
]);
/** What the server makes: ids, media ids and a cname. */
const MADE = /^[A-Za-z0-9]{1,16}$/;

/** What a consumer is told that isn't the server's own, undefined when there is nothing. */
function foreign(value: unknown, at = ""): string | undefined {
  if (typeof value === "string") {
    const made = MADE.test(value) && !value.includes(MARK);
    return made || TEXTS_OF_CONSUMERS.has(value) ? undefined : `${at}: ${JSON.stringify(value)}`;
  }
  if (typeof value === "number") {
    return Number.isInteger(value) && value >= 0 && value <= 0xffffffff
      ? undefined
      : `${at}: ${value}`;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, part] of Object.entries(value)) {
    if (!Array.isArray(value) && !NAMES_OF_CONSUMERS.has(name)) return `${at}.${name}`;
    const found = foreign(part, `${at}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The offer that mediasoup-client makes of it. */
function describe(transport: TransportOptions, consumer: ConsumerOptions): string {
  const remote = new RemoteSdp(
    transport as unknown as ConstructorParameters<typeof RemoteSdp>[0],
  );
  const { rtpParameters } = consumer;
  remote.receive({
    mid: rtpParameters.mid ?? "0",
    kind: consumer.kind,
    offerRtpParameters: {
      ...rtpParameters,
      headerExtensions: rtpParameters.headerExtensions ?? [],
      rtcp: rtpParameters.rtcp ?? {},
      codecs: rtpParameters.codecs.map((codec) => ({
        ...codec,
        rtcpFeedback: codec.rtcpFeedback ?? [],
      })),
    } as Parameters<RemoteSdp["receive"]>[0]["offerRtpParameters"],
    streamId: "ada",
    trackId: consumer.id,
  });
  return remote.getSdp();
}

/** A line that isn't one of a description, undefined when there is none. */
function brokenLine(sdp: string): string | undefined {
  return sdp.replace(/\r\n$/, "").split("\r\n").find((line) =>
    !/^[a-z]=[\x20-\x7e]*$/.test(line) || line.startsWith(INJECTED)
  );
}

/** What is wrong after somebody announced this, undefined when nothing is. */
function announce(lesson: Lesson, random: Random, counts: { consumed: number }) {
  const every = random.pick([8, 40, 200]);
  const { kind, rtpParameters } = random.pick(ANNOUNCED);
  const request = METHODS["media.produce"].params.safeParse({
    transportId: lesson.ada.id,
    kind,
    source: kind,
    rtpParameters: twist(rtpParameters, random, every),
  });
  if (!request.success) return undefined;
  const { core } = lesson;
  const { producerId } = core.produce(lesson.ada.id, { ...request.data, paused: false });
  try {
    const able = takesRed(core.routerRtpCapabilities);
    const wish = METHODS["media.consume"].params.safeParse({
      transportId: lesson.bob.id,
      producerId,
      rtpCapabilities: random.chance(0.5) ? able : twist(able, random, every),
    });
    if (!wish.success) return undefined;
    const options = core.consume(lesson.bob.id, wish.data);
    counts.consumed++;
    const found = foreign(options);
    if (found !== undefined) return `a consumer is told ${found}`;
    return METHODS["media.consume"].result.safeParse(options).success
      ? undefined
      : "a page refuses what it is told";
  } finally {
    core.closeProducer(producerId);
  }
}

/** What a server answers to somebody who is about to receive. */
function answersOf({ core, routerId, ada }: Lesson) {
  const transport = core.createTransport(routerId, "recv");
  const schema = METHODS["media.produce"].params.shape.rtpParameters;
  const rtpParameters = schema.parse(ANNOUNCED[0].rtpParameters);
  const { producerId } = core.produce(ada.id, { kind: "audio", rtpParameters, paused: false });
  const rtpCapabilities = takesRed(core.routerRtpCapabilities);
  const consumer = core.consume(transport.id, { producerId, rtpCapabilities });
  core.closeProducer(producerId);
  return { transport, consumer };
}

/** What is wrong with what a page makes of such answers, undefined when nothing is. */
function answer(
  answers: ReturnType<typeof answersOf>,
  random: Random,
  counts: { described: number },
) {
  const every = random.pick([8, 40, 200]);
  const transport = METHODS["media.createTransport"].result.safeParse(
    twist(answers.transport, random, every),
  );
  const consumer = METHODS["media.consume"].result.safeParse(
    twist(answers.consumer, random, every),
  );
  if (!transport.success || !consumer.success) return undefined;
  counts.described++;
  const line = brokenLine(describe(transport.data, consumer.data));
  return line === undefined ? undefined : `a page describes ${JSON.stringify(line)}`;
}

// deno-lint-ignore require-await -- the dispatcher awaits every fuzzer alike
export async function fuzz({ seed, runs, progress }: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const violations: string[] = [];
  const counts = { consumed: 0, described: 0, refused: 0 };
  let lesson = new Lesson();
  let answers = answersOf(lesson);
  for (let run = 0; run < runs; run++) {
    if (run % RUNS_A_LESSON === 0) {
      lesson = new Lesson();
      answers = answersOf(lesson);
      progress?.(run);
    }
    try {
      const problem = random.chance(0.6)
        ? announce(lesson, random, counts)
        : answer(answers, random, counts);
      if (problem !== undefined) violations.push(`run ${run}: ${problem}`);
    } catch (error) {
      if (error instanceof MediaError) counts.refused++;
      else violations.push(`run ${run}: thrown ${error}`);
    }
  }
  return { runs, violations, ...counts };
}
