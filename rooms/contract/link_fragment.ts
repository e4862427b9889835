/**
 * The fragment of a personal link: `invite={token}`, and `&encryption=e2ee` for a lesson that is encrypted end to end.
 *
 * The second part is a promise to whoever holds the link: a page that was opened with it goes into no other lesson, whatever a
 * server says later. Fragments are sent to no server.
 */

export interface LinkFragment {
  /** Null in a link that is nobody's own. */
  invite: string | null;
  isEncrypted: boolean;
}

const INVITE = "invite";
/** By the name and the word that the booking API has for it. */
const ENCRYPTION = "encryption";
const E2EE = "e2ee";

/** Without the `#`; empty when there is nothing to say. */
export function writeFragment({ invite, isEncrypted }: LinkFragment): string {
  return new URLSearchParams({
    ...(invite === null ? {} : { [INVITE]: invite }),
    ...(isEncrypted ? { [ENCRYPTION]: E2EE } : {}),
  }).toString();
}

/** Reads an address's `hash`. Any other word behind `encryption` is a promise too: rather too many than one lost. */
export function readFragment(hash: string): LinkFragment {
  const fields = new URLSearchParams(hash.slice(1));
  const encryption = fields.getAll(ENCRYPTION);
  return {
    invite: fields.get(INVITE) || null,
    isEncrypted: encryption.some((word) => word !== "" && word !== "transport"),
  };
}
