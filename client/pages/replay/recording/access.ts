/**
 * Which recording an address means, and what this page can show for its right to it.
 *
 * Invariant: no token stands in an address that is sent to a server; they come from the fragment, or from what this tab
 * remembers of the lesson it was in.
 */

const PATH = /^\/recordings\/([^/]{1,64})\/?$/;
/** `token`: a link that the booking system minted. `invite`: somebody's personal link. */
const NAMES_IN_FRAGMENT = ["token", "link", "invite"];
/** What connection/tab.ts calls the token that brings a tab back: `lectern:session:{meeting}:{invite}`. */
const SESSION_PREFIX = "lectern:session:";
const MAX_TOKENS = 12;
const MAX_TOKEN_CHARS = 512;
const MAX_KEY_CHARS = 1024;

export interface RecordingAddress {
  recordingId: string;
  /** In the order in which they are to be tried. */
  tokens: readonly string[];
  /** The secrets that the link carries for an encrypted recording (client/encryption/recording_keys.ts); mostly empty. */
  key: string;
}

/** The part of Storage that is read. */
export type TabMemory = Pick<Storage, "length" | "key" | "getItem">;

/** Null for an address that is no recording's. */
export function readAddress(url: URL, memory: TabMemory | null): RecordingAddress | null {
  const recordingId = PATH.exec(url.pathname)?.[1];
  if (recordingId === undefined) return null;
  const fragment = new URLSearchParams(url.hash.slice(1));
  const tokens = new Set<string>();
  const add = (token: string | null | undefined) => {
    if (token && token.length <= MAX_TOKEN_CHARS) tokens.add(token);
  };
  for (const name of NAMES_IN_FRAGMENT) add(fragment.get(name));
  for (const token of remembered(memory)) add(token);
  const key = (fragment.get("key") ?? "").slice(0, MAX_KEY_CHARS);
  return { recordingId, tokens: [...tokens].slice(0, MAX_TOKENS), key };
}

/** Tokens and invites of the lessons that this tab was in. */
function* remembered(memory: TabMemory | null): Generator<string | null> {
  for (let index = 0; index < (memory?.length ?? 0); index++) {
    const key = memory?.key(index) ?? "";
    if (!key.startsWith(SESSION_PREFIX)) continue;
    yield memory?.getItem(key) ?? null;
    yield key.slice(SESSION_PREFIX.length).split(":")[1] ?? null;
  }
}
