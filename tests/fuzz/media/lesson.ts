/**
 * Who is in the fuzzed lesson. Ada publishes and Bob receives, both honestly; Mallory publishes and Eve receives, and
 * both have keys that the server trusts.
 *
 * Every honest packet carries bytes of its own at its end, so that Bob's copy is known again.
 */
import type { RtpParameters } from "../../../rooms/contract/protocol/rtp.ts";
import { type RtcpPacket, writeRtcp } from "../../../server/sfu/packets/rtcp.ts";
import type { Random } from "../guard/random.ts";
import { Person, sealRtp, World } from "./world.ts";

const MID = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
const TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const EXTENSIONS = [
  { uri: MID, id: 4 },
  { uri: RID, id: 10 },
  { uri: REPAIRED_RID, id: 11 },
  { uri: TRANSPORT_WIDE, id: 3 },
];
const VIDEO_CODECS = [
  { mimeType: "video/VP8", payloadType: 96, clockRate: 90_000, parameters: {} },
  { mimeType: "video/rtx", payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
];
const AUDIO_CODECS = [
  { mimeType: "audio/opus", payloadType: 111, clockRate: 48_000, channels: 2 },
];
const ADA_VIDEO = 0xada00001;
const ADA_AUDIO = 0xada00003;
const MALLORY_VIDEO = 0x3a110001;
const MALLORY_REPAIR = 0x3a110002;
/** Not announced: they are learnt from rids. */
const MALLORY_LAYERS = [0x3a110011, 0x3a110012, 0x3a110013];
const VP8_KEY_FRAME = [0x90, 0x80, 0x92, 0x34, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00];
const VP8_DELTA_FRAME = [0x90, 0x80, 0x92, 0x35, 0x01];
const OPUS = [0x78];
const MARK_BYTES = 12;

const cameraOf = (mid: string, encodings: RtpParameters["encodings"]): RtpParameters => ({
  mid,
  codecs: VIDEO_CODECS,
  headerExtensions: EXTENSIONS,
  encodings,
  rtcp: { cname: "camera" },
});

/** An honest packet as it was sent, and how Bob will know it again. */
export interface HonestPacket {
  datagram: Uint8Array;
  mark: string;
}

export class FuzzedLesson {
  readonly world = new World();
  readonly ada = new Person(this.world, "send", 1001);
  readonly bob = new Person(this.world, "recv", 1002);
  readonly mallory = new Person(this.world, "send", 1003);
  readonly eve = new Person(this.world, "recv", 1004);
  readonly people = [this.ada, this.bob, this.mallory, this.eve];
  /** Every ssrc that is consumed, by person. */
  readonly consumerSsrcs = new Map<Person, Set<number>>();
  readonly #sequences = new Map<number, number>();
  readonly #random: Random;
  #marks = 0;

  constructor(random: Random) {
    this.#random = random;
    for (const person of this.people) {
      if (!person.connect()) throw new Error("an honest handshake failed");
    }
    const produce = (person: Person, kind: "audio" | "video", rtpParameters: RtpParameters) =>
      this.world.core.produce(person.transport.id, { kind, rtpParameters, paused: false })
        .producerId;
    const producers = [
      produce(this.ada, "video", cameraOf("0", [{ ssrc: ADA_VIDEO, rtx: { ssrc: 0xada00002 } }])),
      produce(this.ada, "audio", {
        mid: "1",
        codecs: AUDIO_CODECS,
        headerExtensions: [{ uri: TRANSPORT_WIDE, id: 3 }],
        encodings: [{ ssrc: ADA_AUDIO }],
      }),
      produce(
        this.mallory,
        "video",
        cameraOf("0", [{ ssrc: MALLORY_VIDEO, rtx: { ssrc: MALLORY_REPAIR } }]),
      ),
      produce(this.mallory, "video", cameraOf("2", ["q", "h", "f"].map((rid) => ({ rid })))),
    ];
    for (const person of [this.bob, this.eve]) {
      const ssrcs = producers.flatMap((producerId) => this.#consume(person, producerId));
      this.consumerSsrcs.set(person, new Set(ssrcs));
    }
    producers.forEach((producerId, track) => this.world.core.record(producerId, track));
    // Pictures begin at a key frame.
    this.world.deliver(this.honest("key frame").datagram, this.ada.remote);
  }

  /** Everybody still consents. */
  consent(): void {
    for (const person of this.people) person.check();
  }

  /** Whether nobody was thrown out. */
  get whole(): boolean {
    return !this.people.some(({ transport }) => this.world.closed.has(transport.id));
  }

  close(): void {
    for (const person of this.people) person.close();
    this.world.core.close();
  }

  #consume(person: Person, producerId: string): number[] {
    const { core } = this.world;
    const { id, rtpParameters } = core.consume(person.transport.id, {
      producerId,
      rtpCapabilities: core.routerRtpCapabilities,
    });
    core.setConsumerPaused(id, false);
    return rtpParameters.encodings.flatMap(({ ssrc, rtx }) => [ssrc!, rtx?.ssrc ?? ssrc!]);
  }

  /** The next packet of Ada's camera or microphone. */
  honest(kind = this.#random.pick(["key frame", "delta frame", "sound"] as const)): HonestPacket {
    const mark = this.#mark();
    const [ssrc, payloadType, payload] = {
      "key frame": [ADA_VIDEO, 96, VP8_KEY_FRAME] as const,
      "delta frame": [ADA_VIDEO, 96, VP8_DELTA_FRAME] as const,
      "sound": [ADA_AUDIO, 111, OPUS] as const,
    }[kind];
    const packet = this.#packet(ssrc, payloadType, [...payload, ...mark]);
    const datagram = sealRtp(this.ada.srtp, packet);
    if (datagram === undefined) throw new Error("an honest packet couldn't be sealed");
    return { datagram, mark: mark.join() };
  }

  /** A packet such as Mallory might send, not sealed yet. */
  inside(): Uint8Array {
    const random = this.#random;
    const repair = random.chance(0.2);
    const ssrc = repair ? MALLORY_REPAIR : random.pick([MALLORY_VIDEO, ...MALLORY_LAYERS]);
    const original = random.below(65536);
    return this.#packet(ssrc, repair ? 97 : 96, [
      ...(repair ? [original >> 8, original & 255] : []),
      ...random.pick([VP8_KEY_FRAME, VP8_DELTA_FRAME]),
      ...this.#mark(),
    ], ["q", "h", "f"][MALLORY_LAYERS.indexOf(ssrc)]);
  }

  /** A compound such as a peer might send, not sealed yet. */
  compound(): Uint8Array {
    const random = this.#random;
    const ssrcs = [...this.consumerSsrcs.get(this.eve)!, ADA_VIDEO, MALLORY_VIDEO];
    const mediaSsrc = random.pick(ssrcs);
    const sequence = random.below(65536);
    const arrival = () => random.chance(0.2) ? undefined : random.below(2000);
    const packet = random.pick<RtcpPacket>([
      { type: "nack", senderSsrc: 1, mediaSsrc, sequences: [sequence, sequence + 5] },
      { type: "picture-loss", senderSsrc: 1, mediaSsrc },
      { type: "full-intra-request", senderSsrc: 1, mediaSsrc, command: random.below(256) },
      { type: "goodbye", ssrcs: [mediaSsrc] },
      {
        type: "transport-feedback",
        senderSsrc: 1,
        mediaSsrc,
        baseSequence: random.chance(0.5) ? sequence : random.below(300),
        referenceTime: random.below(1000),
        feedbackCount: random.below(256),
        arrivals: Array.from({ length: 1 + random.below(30) }, arrival),
      },
      {
        type: "sender-report",
        ssrc: MALLORY_VIDEO,
        ntpHigh: random.below(2 ** 32),
        ntpLow: 2,
        rtpTimestamp: random.below(2 ** 32),
        packets: 4,
        octets: 5,
        reports: [{
          ssrc: mediaSsrc,
          fractionLost: random.below(256),
          cumulativeLost: random.below(1000),
          highestSequence: sequence,
          jitter: random.below(2 ** 32),
          lastSenderReport: random.below(2 ** 32),
          delaySinceLastSenderReport: random.below(65536),
        }],
      },
    ]);
    return writeRtcp([packet]);
  }

  #mark(): number[] {
    this.#marks++;
    const random = Array.from({ length: MARK_BYTES - 4 }, () => this.#random.below(256));
    return [...random, ...[24, 16, 8, 0].map((shift) => (this.#marks >>> shift) & 255)];
  }

  #packet(ssrc: number, payloadType: number, payload: number[], rid?: string): Uint8Array {
    const sequence = (this.#sequences.get(ssrc) ?? 0) + 1;
    this.#sequences.set(ssrc, sequence);
    const timestamp = sequence * 3000;
    const named = rid === undefined
      ? [0, 0, 0, 0, 0]
      : [0x40, "2".charCodeAt(0), 0xa0, rid.charCodeAt(0), 0];
    return Uint8Array.of(
      ...[0x90, 0x80 | payloadType, (sequence >> 8) & 255, sequence & 255],
      ...[timestamp >>> 24, (timestamp >> 16) & 255, (timestamp >> 8) & 255, timestamp & 255],
      ...[ssrc >>> 24, (ssrc >> 16) & 255, (ssrc >> 8) & 255, ssrc & 255],
      ...[0xbe, 0xde, 0, 2, 0x31, (sequence >> 8) & 255, sequence & 255, ...named],
      ...payload,
    );
  }
}

/** The end of a payload, by which an honest packet is known. */
export function markOf(payload: Uint8Array): string {
  return payload.subarray(-MARK_BYTES).join();
}
