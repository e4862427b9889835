/**
 * Who takes part in a room's encryption, as the server lists them, and which lists no page acts upon.
 *
 * What a page wraps secrets to and what its security code stands for are both read from one roster, by id and by key. They
 * are the same people only if every person and every key stands there once, and this page itself as it is.
 */
import { fromBase64Url, toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import type { Bytes } from "../../rooms/contract/encryption/secret.ts";
import { isPublicKey } from "../../rooms/contract/encryption/wrapping.ts";
import type { NoticeParams } from "../../rooms/contract/protocol/messages.ts";

export type Roster = NoticeParams<"keys.roster">;

/** A page that takes part. */
export interface RosterPage {
  participantId: string;
  publicKey: Bytes;
}

/** Why a roster is refused. Only a server that is broken or lies sends such a one. */
export type RosterFault =
  /** An id that stands there twice, or that has another one's bytes once it is written down. */
  | "person-twice"
  | "key-twice"
  /** This page is missing, or stands there with another key. */
  | "not-me"
  /** Not a point of the curve in its one spelling. */
  | "not-a-key"
  /** Whom the recording is also readable for has changed since the first roster. */
  | "another-custodian";

export interface RosterReader {
  me: string;
  publicKey: Bytes;
  /** The custodian of the rosters before; undefined before the first. */
  custodian: string | null | undefined;
}

/** Null for a roster that can be acted upon. */
export async function faultOf(roster: Roster, reader: RosterReader): Promise<RosterFault | null> {
  const { me, publicKey, custodian } = reader;
  const ids = roster.people.map(({ participantId }) => participantId);
  if (new Set(ids).size < ids.length || !ids.every((id) => id.isWellFormed())) {
    return "person-twice";
  }
  const pages = pagesOf(roster);
  const keyed = roster.people.filter((page) => page.publicKey !== null);
  if (pages.length < keyed.length) return "not-a-key";
  if (!(await Promise.all(pages.map((page) => isPublicKey(page.publicKey)))).every(Boolean)) {
    return "not-a-key";
  }
  const keys = pages.map((page) => toBase64Url(page.publicKey));
  if (new Set(keys).size < keys.length) return "key-twice";
  const mine = pages.find(({ participantId }) => participantId === me);
  if (mine === undefined || toBase64Url(mine.publicKey) !== toBase64Url(publicKey)) return "not-me";
  if (custodian !== undefined && custodian !== roster.custodian) return "another-custodian";
  return null;
}

/** The pages that take part. */
export function pagesOf(roster: Roster | null): RosterPage[] {
  return (roster?.people ?? []).flatMap(({ participantId, publicKey }) => {
    const bytes = publicKey === null ? undefined : fromBase64Url(publicKey);
    return bytes === undefined ? [] : [{ participantId, publicKey: bytes }];
  });
}

/** A page that was given keys, or had them. */
export interface Holder extends RosterPage {
  /** Unix ms: when it was first so. */
  since: number;
}

/** How many pages that had keys are remembered: the newest. */
const MAX_HOLDERS = 200;

/** Those who had keys so far and those who have them now; the same list where nobody is new. */
export function noteHolders(
  known: readonly Holder[],
  pages: readonly RosterPage[],
  since: number,
): readonly Holder[] {
  const fresh = lacking(pages, known);
  if (fresh.length === 0) return known;
  return [...known, ...fresh.map((page) => ({ ...page, since }))].slice(-MAX_HOLDERS);
}

/** Names one page of one person, and no other. */
function nameOf({ participantId, publicKey }: RosterPage): string {
  return `${toBase64Url(publicKey)} ${participantId}`;
}

/** Whether these are the same pages, in whichever order. */
export function samePages(a: readonly RosterPage[], b: readonly RosterPage[]): boolean {
  return a.length === b.length && lacking(a, b).length === 0;
}

/** Those of `pages` that aren't among `others`. */
export function lacking<Page extends RosterPage>(
  pages: readonly Page[],
  others: readonly RosterPage[],
): Page[] {
  const names = new Set(others.map(nameOf));
  return pages.filter((page) => !names.has(nameOf(page)));
}
