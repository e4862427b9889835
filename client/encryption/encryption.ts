/**
 * End-to-end encryption of one page's audio and video, as the room uses it.
 *
 * It joins the agreement on keys (the connection's messages), the worker that encrypts, and the media engine's senders and
 * receivers. Owned by the room for as long as the person in it stays the same.
 * Invariants: a sender whose frames can't be encrypted sends nothing; a page has one pair of keys and one worker, made
 * together and never shared with another page.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import { securityCode } from "../../rooms/contract/encryption/security_code.ts";
import { makePageKeys, senderOf } from "../../rooms/contract/encryption/wrapping.ts";
import type { MediaConnection } from "../connection/interface.ts";
import type { FrameCryptor } from "../media/interface.ts";
import { KeyAgreement } from "./agreement.ts";
import type { TransformTask } from "./encoded_frames.ts";
import { keptSecrets } from "./kept_secrets.ts";
import {
  type Holder,
  lacking,
  pagesOf,
  type Roster,
  type RosterFault,
  type RosterPage,
} from "./roster.ts";
import { type EncryptionWay, encryptionWay, type StreamMaker } from "./support.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

export interface EncryptionOptions {
  connection: MediaConnection;
  meetingId: string;
  /** The person whose page this is. */
  participantId: string;
}

/** What has no answer for so long is said again. */
const ANNOUNCE_EVERY_MS = 1000;

export function openEncryption(options: EncryptionOptions): Encryption {
  return new Encryption(options, encryptionWay());
}

/** `participantId/source`, as {@linkcode Encryption.waiting} lists them. */
export const sourceKey = (participantId: string, source: MediaSource) =>
  `${participantId}/${source}`;

export class Encryption implements FrameCryptor {
  readonly #roster = signal<Roster | null>(null);
  readonly #fault = signal<RosterFault | null>(null);
  readonly #covered = signal<readonly RosterPage[] | null>(null);
  readonly #holders = signal<readonly Holder[]>([]);
  /** What everybody was called who was ever shown. */
  readonly #names = new Map<string, string>();
  readonly #waiting = signal<ReadonlySet<string>>(new Set());
  readonly #failed = signal(false);
  readonly #keyless = signal(true);
  readonly #worker: Worker | null;
  readonly #stops: (() => void)[] = [];
  #agreement: KeyAgreement | null = null;
  #closed = false;

  constructor(
    private readonly options: EncryptionOptions,
    private readonly way: EncryptionWay | null,
  ) {
    this.#worker = way === null
      ? null
      : new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.#worker?.addEventListener(
      "message",
      ({ data }: MessageEvent<FromWorker>) => this.#hear(data),
    );
    if (way === null) this.#announceNothing();
    else void this.#begin();
  }

  /** False in a browser that can't encrypt: it sends and receives nothing. */
  get supported(): boolean {
    return this.way !== null;
  }

  /** What peer connections are made with. */
  get peerSettings(): Record<string, unknown> {
    return this.way === "streams" ? { encodedInsertableStreams: true } : {};
  }

  get roster(): ReadonlySignal<Roster | null> {
    return this.#roster;
  }

  /** Sources whose frames come and can't be decrypted yet, by {@linkcode sourceKey}. */
  get waiting(): ReadonlySignal<ReadonlySet<string>> {
    return this.#waiting;
  }

  /** This page has no key yet: nobody sees or hears it. Always so in a browser that can't encrypt. */
  get keyless(): ReadonlySignal<boolean> {
    return this.#keyless;
  }

  /** Something of this page's isn't sent, because it couldn't be encrypted. */
  get failed(): ReadonlySignal<boolean> {
    return this.#failed;
  }

  /** Why this page doesn't believe the server who is here: it sends nothing any more. */
  get fault(): ReadonlySignal<RosterFault | null> {
    return this.#fault;
  }

  /**
   * Those who have the epoch that this page encrypts in: who can hear and see, and for whom the security code stands. Null
   * while the next epoch is on its way.
   */
  get covered(): ReadonlySignal<readonly RosterPage[] | null> {
    return this.#covered;
  }

  /** Pages that had keys of this lesson since this page was opened, and aren't here any more. */
  get gone(): (Holder & { name: string })[] {
    const covered = this.#covered.value;
    if (covered === null) return [];
    return lacking(this.#holders.value, covered)
      .map((page) => ({ ...page, name: this.#names.get(page.participantId) ?? "Somebody" }));
  }

  /** The security code's words as numbers. */
  code(pages: readonly RosterPage[]): Promise<number[]> {
    return securityCode(this.options.meetingId, pages);
  }

  sender(sender: RTCRtpSender, source: MediaSource): void {
    try {
      this.#attach(sender, { role: "encrypt", source });
    } catch (error) {
      // Rather nothing than something in clear, also when another track would take this one's place.
      void sender.replaceTrack(null);
      sender.replaceTrack = () => Promise.resolve();
      this.#failed.value = true;
      reportError(error);
    }
  }

  receiver(
    receiver: RTCRtpReceiver,
    participantId: string,
    source: MediaSource,
    consumerId: string,
  ): void {
    try {
      this.#attach(receiver, { role: "decrypt", source, participantId, consumerId });
    } catch (error) {
      reportError(error);
    }
  }

  close(): void {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#agreement?.close();
    this.#worker?.terminate();
  }

  #attach(endpoint: RTCRtpSender | RTCRtpReceiver, task: TransformTask): void {
    const worker = this.#worker;
    if (worker === null) throw new TypeError("this browser can't encrypt");
    if (this.way === "script") {
      endpoint.transform = new RTCRtpScriptTransform(worker, task);
      return;
    }
    const { readable, writable } = (endpoint as unknown as StreamMaker).createEncodedStreams();
    const message: ToWorker = { op: "streams", task, readable, writable };
    worker.postMessage(message, [readable, writable]);
  }

  async #begin(): Promise<void> {
    const { connection, meetingId, participantId } = this.options;
    const keys = await makePageKeys();
    const sender = await senderOf(keys.publicKey);
    if (this.#closed) return;
    this.#tell({ op: "begin", participantId, sender });
    const agreement = new KeyAgreement({
      meetingId,
      me: participantId,
      keys,
      kept: keptSecrets(meetingId),
      request: (method, params) => connection.request(method, params),
      isShown: (id) => this.#isShown(id),
      hold: (epoch) => this.#tell({ op: "hold", secret: epoch.bytes }),
      enter: (epoch) => {
        this.#tell({ op: "enter", secret: epoch.bytes });
        this.#keyless.value = false;
      },
      leave: () => {
        this.#tell({ op: "leave" });
        this.#keyless.value = true;
      },
      report: reportError,
    });
    this.#agreement = agreement;
    this.#stops.push(
      agreement.roster.subscribe((roster) => {
        this.#roster.value = roster;
        void this.#tellSenders(roster);
      }),
      agreement.covered.subscribe((covered) => this.#covered.value = covered),
      agreement.holders.subscribe((holders) => this.#holders.value = holders),
      agreement.fault.subscribe((fault) => this.#fault.value = fault),
      connection.on("keys.roster", (roster) => agreement.takeRoster(roster)),
      connection.on("keys.given", (given) => agreement.takeGiven(given)),
      connection.on("keys.asked", (asked) => agreement.takeAsked(asked)),
      connection.participants.subscribe((people) => {
        for (const { id, name } of people) this.#names.set(id, name);
        agreement.peopleChanged();
      }),
      connection.welcome.subscribe((welcome) => {
        if (welcome !== null) void agreement.announce();
      }),
    );
  }

  /** Tells the others that this browser can't take part. */
  #announceNothing(): void {
    const { connection } = this.options;
    let again: ReturnType<typeof setInterval> | undefined;
    const heard = (roster: Roster) => {
      clearInterval(again);
      this.#roster.value = roster;
    };
    const announce = () => {
      connection.request("keys.announce", { publicKey: null }).then(heard, () => {});
    };
    this.#stops.push(
      connection.on("keys.roster", (roster) => this.#roster.value = roster),
      connection.welcome.subscribe((welcome) => {
        if (welcome === null) return;
        clearInterval(again);
        again = setInterval(announce, ANNOUNCE_EVERY_MS);
        announce();
      }),
      () => clearInterval(again),
    );
  }

  async #tellSenders(roster: Roster | null): Promise<void> {
    const senders = new Map(
      await Promise.all(
        pagesOf(roster).map(async ({ participantId, publicKey }) =>
          [participantId, await senderOf(publicKey)] as const
        ),
      ),
    );
    if (this.#roster.peek() === roster) this.#tell({ op: "senders", senders });
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #hear(message: FromWorker): void {
    switch (message.op) {
      case "missing":
        this.#agreement?.missing(message.epoch);
        break;
      case "waiting": {
        const waiting = new Set(this.#waiting.peek());
        const key = sourceKey(message.participantId, message.source);
        if (message.waiting) waiting.add(key);
        else waiting.delete(key);
        this.#waiting.value = waiting;
        break;
      }
      case "keyFrame":
        // Resuming what flows already makes the server ask the sender for a key frame.
        this.options.connection.request("media.resumeConsumer", { consumerId: message.consumerId })
          .catch(() => {});
        break;
    }
  }

  #isShown(participantId: string): boolean {
    return this.options.connection.participants.peek().some(({ id }) => id === participantId);
  }
}
