/**
 * What this page can decrypt of a recording: the secrets that its address carries and this browser keeps, and all that
 * the recording's envelopes hold under them.
 *
 * Invariant: secrets come from the fragment or from this browser, and are sent to no server.
 */
import { fromBase64Url, toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { type Secret, SECRET_BYTES, secretOf } from "../../rooms/contract/encryption/secret.ts";
import { openEnvelope } from "../../rooms/contract/encryption/wrapping.ts";
import { keptSecrets } from "./kept_secrets.ts";

/** Where a recording's envelopes are read from. */
export interface EnvelopeSource {
  keys(): Promise<{
    encryption: "e2ee" | "transport";
    envelopes: readonly { by: string | null; of: string; wrapped: string }[];
  }>;
}

/** `none`: nothing is encrypted. `missing`: everything is, and there is no key. */
export type KeyStand = "none" | "open" | "missing";

/** Between the secrets of a link. */
const SEPARATOR = ".";
const MAX_IN_LINK = 16;

/** Every secret that follows from those that are held. */
export async function openAll(
  held: readonly Secret[],
  envelopes: readonly { by: string | null; of: string; wrapped: string }[],
): Promise<Map<string, Secret>> {
  const known = new Map(held.map((secret) => [secret.id, secret]));
  let left = envelopes;
  for (let before = Infinity; left.length < before;) {
    before = left.length;
    const closed: (typeof left)[number][] = [];
    for (const envelope of left) {
      const by = envelope.by === null ? undefined : known.get(envelope.by);
      if (known.has(envelope.of)) continue;
      if (by === undefined) closed.push(envelope);
      else {
        const secret = await openEnvelope(by, fromBase64Url(envelope.wrapped) ?? new Uint8Array());
        if (secret?.id === envelope.of) known.set(secret.id, secret);
      }
    }
    left = closed;
  }
  return known;
}

/** The secrets of a `#key=` fragment. */
export async function readKey(text: string): Promise<Secret[]> {
  const secrets = text.split(SEPARATOR).slice(0, MAX_IN_LINK).map(fromBase64Url);
  return await Promise.all(
    secrets.flatMap((bytes) => bytes?.length === SECRET_BYTES ? [secretOf(bytes)] : []),
  );
}

/** What goes behind `#key=`; empty when this browser holds nothing of the meeting. */
export async function writeKey(meetingId: string): Promise<string> {
  const secrets = await keptSecrets(meetingId).list();
  return secrets.slice(-MAX_IN_LINK).map(({ bytes }) => toBase64Url(bytes)).join(SEPARATOR);
}

export class RecordingKeys {
  #secrets: readonly Secret[] = [];
  #stand: KeyStand = "none";

  private constructor(
    private readonly api: EnvelopeSource,
    private readonly meetingId: string,
    private readonly fragment: string,
  ) {}

  static async open(
    api: EnvelopeSource,
    { meetingId, fragment }: { meetingId: string; fragment: string },
  ): Promise<RecordingKeys> {
    const keys = new RecordingKeys(api, meetingId, fragment);
    await keys.refresh();
    return keys;
  }

  get stand(): KeyStand {
    return this.#stand;
  }

  /** Epochs' and recordings' alike. */
  get secrets(): readonly Secret[] {
    return this.#secrets;
  }

  /** A running lesson has gone on to further epochs. */
  async refresh(): Promise<void> {
    const { encryption, envelopes } = await this.api.keys();
    if (encryption === "transport") return;
    const kept = keptSecrets(this.meetingId);
    const given = await readKey(this.fragment);
    const known = await openAll([...await kept.list(), ...given], envelopes);
    const opens = new Set(
      envelopes.flatMap(({ by, of }) => by !== null && known.has(by) && known.has(of) ? [by] : []),
    );
    for (const secret of given) if (opens.has(secret.id)) await kept.keep(secret);
    this.#secrets = [...known.values()];
    this.#stand = opens.size > 0 ? "open" : "missing";
  }
}
