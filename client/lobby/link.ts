/**
 * What a meeting link says: `/video-room/{meetingId}?passcode={passcode}`, with `#invite={token}` when it is personal.
 */

export interface MeetingLink {
  meetingId: string;
  passcode: string;
  /** Never sent in an address: it stands in the fragment. */
  invite: string | null;
}

const PATH = /^\/video-room\/([^/]{1,64})\/?$/;

/** Answers null for an address that is no meeting link. */
export function readLink(url: URL): MeetingLink | null {
  const meetingId = PATH.exec(url.pathname)?.[1];
  if (meetingId === undefined) return null;
  const invite = new URLSearchParams(url.hash.slice(1)).get("invite");
  return {
    meetingId,
    passcode: url.searchParams.get("passcode") ?? "",
    invite: invite === "" ? null : invite,
  };
}
