/**
 * The secrets that a recording is kept under, one after the other, and what the server stores of them.
 *
 * Each is wrapped under the next one, so that the newest opens everything and an earlier one nothing that came later
 * (ENCRYPTION.md, *Recordings*).
 */
import { fromBase64Url, toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { makeSecret, type Secret } from "../../rooms/contract/encryption/secret.ts";
import { sealEnvelope, sealToCustodian } from "../../rooms/contract/encryption/wrapping.ts";
import type { ParamsOf } from "../../rooms/contract/protocol/messages.ts";
import type { Roster } from "./roster.ts";

export type Envelopes = ParamsOf<"keys.distribute">["envelopes"] & object;

/** Links to earlier recording secrets, of one epoch. */
const MAX_LINKS = 32;

/** The recording's secrets that this browser holds, the newest last. */
export interface RecordingSecrets {
  list(): Promise<Secret[]>;
  keep(secret: Secret): Promise<void>;
}

export class RecordingChain {
  /** `removals`: how many there had been when this secret was certainly still unknown to everybody removed. */
  #newest: { secret: Secret; removals: number } | null = null;
  /** What this page has published envelopes of, by `by/of`. */
  readonly #published = new Set<string>();

  constructor(private readonly meetingId: string, private readonly kept: RecordingSecrets) {}

  /** What was given may have been on its way before the last removal: who leads after one begins with another. */
  async take(secret: Secret): Promise<void> {
    this.#newest = { secret, removals: 0 };
    await this.kept.keep(secret);
  }

  /** While this page was away somebody else may have led, and somebody may have been removed. */
  wasAway(): void {
    if (this.#newest !== null) this.#newest.removals = 0;
  }

  /** The secret that the recording is kept under. Who was removed knows the one before, and not the next. */
  async secretAfter(removals: number): Promise<Secret> {
    if (this.#newest?.removals === removals) return this.#newest.secret;
    const known = this.#newest === null && removals === 0
      ? (await this.kept.list()).at(-1)
      : undefined;
    const secret = known ?? await makeSecret();
    await this.kept.keep(secret);
    this.#newest = { secret, removals };
    return secret;
  }

  /** Whoever holds the newest secret of the recording can open the epoch, and everything before. */
  async envelopes(
    newest: Secret,
    epoch: Secret,
    { custodian }: Roster,
  ): Promise<Envelopes> {
    const earlier = (await this.kept.list())
      .filter(({ id }) => id !== newest.id && !this.#published.has(`${newest.id}/${id}`))
      .slice(-MAX_LINKS);
    const envelopes: Envelopes = await Promise.all(
      [epoch, ...earlier].map(async (secret) => ({
        by: newest.id,
        of: secret.id,
        wrapped: toBase64Url(await sealEnvelope(newest, secret)),
      })),
    );
    const custodianKey = fromBase64Url(custodian ?? "");
    if (custodian === null || custodianKey === undefined) return envelopes;
    if (this.#published.has(`null/${newest.id}`)) return envelopes;
    const { meetingId } = this;
    const wrapped = await sealToCustodian(custodianKey, { meetingId, secret: newest });
    return [...envelopes, { by: null, of: newest.id, wrapped: toBase64Url(wrapped) }];
  }

  /** The server has stored them. */
  published(envelopes: Envelopes): void {
    for (const { by, of } of envelopes) this.#published.add(`${by}/${of}`);
  }
}
