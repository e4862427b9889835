/**
 * Fuzzes the media port as a stranger, a man in the middle and a participant could, against the product's own DTLS and
 * ciphers: STUN, DTLS, RTP and RTCP, damaged before or after sealing, under a wrong key, again, and as a flood.
 *
 * Violations: anything thrown; anything that leaves, or is recorded, because of a packet that isn't authentic; media to
 * anybody but a consumer; an honest packet that doesn't arrive exactly once; a connection with a strange certificate;
 * somebody thrown out; memory that grows.
 */
import type { SrtpSession } from "../../server/sfu/ports.ts";
import { RTP_FIXED_BYTES } from "../../server/sfu/packets/rtp.ts";
import { Random } from "./guard/random.ts";
import { FuzzedLesson, markOf } from "./media/lesson.ts";
import { MemoryWatch } from "./media/memory.ts";
import type { SentDatagram } from "./media/socket.ts";
import {
  coveredBytes,
  isDtls,
  isRtp,
  isStun,
  Person,
  sealRtcp,
  sealRtp,
  wrongKey,
} from "./media/world.ts";
import { hex, mutate } from "./packet_mutation.ts";
import type { FuzzOptions, FuzzResult } from "./run.ts";

const PACKETS_A_LESSON = 20_000;
/** Packets that reach a transport which is shaking hands, before the next one. */
const PACKETS_A_HANDSHAKE = 200;
const REMEMBERED = 512;
const CONSENT_EVERY = 2000;
/** More bytes than any browser sends in one datagram, and than the core takes. */
const MAX_JUNK_BYTES = 1600;
const KINDS = [
  ...["honest", "honest", "damaged", "wrong key", "replay", "stun", "dtls", "handshake"],
  ...["inside rtp", "inside rtp", "inside rtcp", "forged rtcp", "stranger", "junk"],
] as const;
type Kind = typeof KINDS[number];

export const DEFAULT_RUNS = 1_000_000;

class Attack {
  readonly figures = { honest: 0, insideForwarded: 0, handshakes: 0, stunAnswered: 0 };
  readonly violations: string[] = [];
  #lesson: FuzzedLesson;
  #wrong: SrtpSession;
  #caller: Person;
  #callerIsStrange = false;
  #callerPackets = 0;
  #remembered: Uint8Array[] = [];

  constructor(private readonly random: Random) {
    this.#lesson = new FuzzedLesson(random);
    this.#wrong = wrongKey(random);
    this.#caller = this.#call();
  }

  get rememberedAddresses(): number {
    return this.#lesson.world.socket.remembered;
  }

  run(run: number): void {
    if (run % PACKETS_A_LESSON === 0 && run > 0) this.#renew();
    const kind = this.random.pick(KINDS);
    try {
      const problem = this.#try(kind) ?? this.#pass(run);
      if (!this.#lesson.whole) {
        this.violations.push(`run ${run}: ${kind}: somebody was thrown out`);
        return this.#renew();
      }
      if (problem !== undefined) this.violations.push(`run ${run}: ${kind}: ${problem}`);
    } catch (error) {
      const reason = error instanceof Error ? error.stack : String(error);
      this.violations.push(`run ${run}: ${kind}: thrown ${reason}`);
    }
  }

  close(): void {
    this.#lesson.close();
    this.#wrong.close();
  }

  #renew(): void {
    this.close();
    this.#remembered = [];
    this.#lesson = new FuzzedLesson(this.random);
    this.#wrong = wrongKey(this.random);
    this.#caller = this.#call();
  }

  #try(kind: Kind): string | undefined {
    const { random } = this;
    const { world, ada, bob, mallory, eve } = this.#lesson;
    switch (kind) {
      case "honest":
        return this.#honest();
      case "damaged": {
        const { datagram, mark } = this.#lesson.honest();
        const damaged = mutate(datagram, random);
        if (hex(damaged) !== hex(datagram)) {
          const problem = this.#unheard(damaged, ada);
          if (problem !== undefined) return problem;
        }
        return this.#arrives(datagram, mark);
      }
      case "wrong key": {
        const packet = this.#lesson.inside();
        const { ssrc, from } = random.chance(0.5)
          ? { ssrc: undefined, from: mallory }
          : { ssrc: 0xada00001 + 2 * random.below(2), from: ada };
        if (ssrc !== undefined) new DataView(packet.buffer).setUint32(8, ssrc);
        return this.#unheard(sealRtp(this.#wrong, packet) ?? packet, from);
      }
      case "replay": {
        const datagram = random.pick(
          this.#remembered.length > 0 ? this.#remembered : [packetOf(0)],
        );
        return this.#unheard(datagram, ada);
      }
      case "forged rtcp":
        return this.#unheard(
          random.chance(0.5)
            ? sealRtcp(this.#wrong, this.#lesson.compound())
            : mutate(sealRtcp(eve.srtp, this.#lesson.compound()), random),
          random.pick([ada, bob, mallory]),
        );
      case "inside rtp": {
        const packet = this.#inside();
        const sent = world.deliver(sealRtp(mallory.srtp, packet) ?? packet, mallory.remote);
        this.figures.insideForwarded += sent.filter(({ bytes }) => isRtp(bytes)).length;
        return this.#judge(sent);
      }
      case "inside rtcp": {
        const clean = this.#lesson.compound();
        const compound = random.chance(0.3) ? clean : mutate(clean, random);
        const from = random.pick([mallory, eve]);
        return this.#judge(world.deliver(sealRtcp(from.srtp, compound), from.remote));
      }
      case "stun":
        return this.#stun();
      case "dtls":
        return this.#judgeDtls(this.#damagedHandshake(), random.pick([ada, bob, mallory, eve]));
      case "handshake":
        return this.#shake();
      case "stranger": {
        const datagram = random.chance(0.5)
          ? random.pick(this.#remembered.length > 0 ? this.#remembered : [packetOf(0)])
          : this.#damagedHandshake();
        return this.#nothing(world.deliver(datagram, this.#address()), datagram);
      }
      case "junk": {
        const junk = packetOf(random.below(MAX_JUNK_BYTES), random);
        return this.#nothing(world.deliver(junk, this.#address()), junk);
      }
    }
  }

  /** A packet of Mallory's, damaged before it is sealed; mostly still of its stream, or it would go no further. */
  #inside(): Uint8Array {
    const { random } = this;
    const clean = this.#lesson.inside();
    if (random.chance(0.2)) return clean;
    const packet = mutate(clean, random);
    if (packet.length >= RTP_FIXED_BYTES && random.chance(0.95)) {
      packet.set(clean.subarray(1, RTP_FIXED_BYTES), 1);
    }
    return packet;
  }

  #address() {
    const { random } = this;
    const address = `203.0.${random.below(256)}.${random.below(256)}`;
    return this.#lesson.world.socket.remote(address, 1 + random.below(65535));
  }

  #honest(): string | undefined {
    const { datagram, mark } = this.#lesson.honest();
    return this.#arrives(datagram, mark);
  }

  /** Bob has the packet exactly once, and at once. */
  #arrives(datagram: Uint8Array, mark: string): string | undefined {
    const { world, ada, bob } = this.#lesson;
    const sent = world.deliver(datagram, ada.remote);
    const copies = sent.filter(({ to }) => to === bob.remote).filter(({ bytes }) => {
      const payload = isRtp(bytes) ? bob.open(bytes) : undefined;
      return payload !== undefined && markOf(payload) === mark;
    });
    this.figures.honest++;
    this.#remember(datagram);
    return copies.length === 1 ? undefined : `${copies.length} copies of an honest packet`;
  }

  #remember(datagram: Uint8Array): void {
    if (this.#remembered.length < REMEMBERED) this.#remembered.push(datagram);
    else this.#remembered[this.random.below(REMEMBERED)] = datagram;
  }

  /** Delivers what isn't authentic: nothing leaves and nothing is recorded. */
  #unheard(datagram: Uint8Array, from: Person): string | undefined {
    const { world } = this.#lesson;
    const { recorded } = world;
    const sent = world.deliver(datagram, from.remote);
    if (world.recorded !== recorded) return `it was recorded: ${hex(datagram)}`;
    // A damaged first byte may make a DTLS record of it, which may be answered by one.
    const answers = isDtls(datagram) ? sent.filter(({ bytes }) => !isDtls(bytes)) : sent;
    return this.#nothing(answers, datagram);
  }

  #nothing(sent: SentDatagram[], datagram: Uint8Array): string | undefined {
    return sent.length === 0 ? undefined : `it was answered or forwarded: ${hex(datagram)}`;
  }

  /** Only consumers get media, only under their own ssrcs. What Mallory numbers wildly may be too late to open. */
  #judge(sent: SentDatagram[]): string | undefined {
    const { people, consumerSsrcs } = this.#lesson;
    for (const { bytes, to } of sent) {
      // OpenSSL repeats its flight by a clock of its own.
      if (to === this.#caller.remote && isDtls(bytes)) continue;
      const person = people.find(({ remote }) => remote === to);
      if (person === undefined) return `something was sent to ${to.address}:${to.port}`;
      if (!isRtp(bytes)) continue;
      const ssrc = new DataView(bytes.buffer).getUint32(8);
      if (!consumerSsrcs.get(person)?.has(ssrc)) return `ssrc ${ssrc} was sent`;
    }
    return undefined;
  }

  #stun(): string | undefined {
    const { world, mallory } = this.#lesson;
    const clean = mallory.request();
    const bytes = mutate(clean, this.random);
    const sent = world.deliver(bytes, this.random.chance(0.5) ? mallory.remote : this.#address());
    const answers = sent.filter((datagram) => isStun(datagram.bytes));
    this.figures.stunAnswered += answers.length;
    if (answers.length < sent.length) return `it made media: ${hex(bytes)}`;
    if (answers.length === 0) return undefined;
    // Whoever repeats what Mallory signed moves Mallory; she comes back.
    mallory.check();
    const same = coveredBytes(bytes) === coveredBytes(clean);
    return same ? undefined : `it was answered: ${hex(bytes)}`;
  }

  /** Damaged records at somebody who is connected, or may be. */
  #judgeDtls(datagram: Uint8Array, from: Person): string | undefined {
    const sent = this.#lesson.world.deliver(datagram, from.remote);
    return sent.every(({ bytes, to }) => to === from.remote && (isDtls(bytes) || isStun(bytes)))
      ? undefined
      : `DTLS made something else leave: ${hex(datagram)}`;
  }

  #damagedHandshake(): Uint8Array {
    const { random } = this;
    const flights = this.#lesson.people.flatMap(({ handshake }) => handshake);
    const datagram = random.chance(0.2)
      ? alertOf(random)
      : random.chance(0.1)
      ? random.pick(flights)
      : mutate(random.pick(flights), random);
    return datagram.length > 0 ? datagram : packetOf(13);
  }

  /** Somebody who proved the password and now sends damaged handshakes, then a whole one. */
  #shake(): string | undefined {
    const { world } = this.#lesson;
    const caller = this.#caller;
    const { id } = caller.transport;
    if (++this.#callerPackets < PACKETS_A_HANDSHAKE) {
      const problem = this.#judgeDtls(this.#damagedHandshake(), caller);
      return problem ?? (world.connected.has(id) ? "a damaged handshake was enough" : undefined);
    }
    caller.connect(this.#callerIsStrange ? "strange" : "own");
    this.figures.handshakes++;
    const connected = world.connected.has(id);
    caller.close();
    this.#caller = this.#call();
    return this.#callerIsStrange && connected ? "a strange certificate was accepted" : undefined;
  }

  /** The next caller; the last one is gone. */
  #call(): Person {
    const { world } = this.#lesson;
    this.#callerPackets = 0;
    this.#callerIsStrange = this.random.chance(0.5);
    const caller = new Person(world, "send", 2000 + this.random.below(1000));
    caller.check();
    return caller;
  }

  #pass(run: number): string | undefined {
    if (run % 10 !== 0) return undefined;
    const problem = this.#judge(this.#lesson.world.pass(10));
    if (problem !== undefined || run % CONSENT_EVERY !== 0) return problem;
    this.#lesson.consent();
    return undefined;
  }
}

/** Bytes of any length, random or zero. */
function packetOf(length: number, random?: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random?.below(256) ?? 0);
}

/** An alert in clear, such as a man in the middle could invent: close_notify, or a fatal one. */
function alertOf(random: Random): Uint8Array {
  const sequence = random.below(256);
  const epoch = random.below(2);
  return Uint8Array.of(
    ...[21, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, sequence, 0, 2],
    ...random.pick([[1, 0], [2, 40], [2, 0], [1, 90]]),
  );
}

// deno-lint-ignore require-await -- the dispatcher awaits every fuzzer alike
export async function fuzz({ seed, runs, progress }: FuzzOptions): Promise<FuzzResult> {
  const attack = new Attack(new Random(seed));
  const memory = new MemoryWatch(runs);
  let mostAddresses = 0;
  for (let run = 0; run < runs; run++) {
    attack.run(run);
    if (run % 1000 !== 0) continue;
    progress?.(run);
    memory.look(run);
    mostAddresses = Math.max(mostAddresses, attack.rememberedAddresses);
  }
  attack.close();
  const { violations, figures } = attack;
  const growth = memory.growth();
  if (growth.problem !== undefined) violations.push(growth.problem);
  return { runs, violations, ...figures, mostAddresses, ...growth.figures };
}
