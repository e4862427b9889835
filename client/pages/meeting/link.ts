/**
 * What a meeting link says: `/video-room/{meetingId}?passcode={passcode}`, with `#invite={token}` when it is personal, and
 * `encryption=e2ee` beside it when it promises that.
 */
import { readFragment } from "../../../rooms/contract/link_fragment.ts";

export interface MeetingLink {
  meetingId: string;
  passcode: string;
  /** Never sent in an address: it stands in the fragment. */
  invite: string | null;
  /** It promises that the lesson is encrypted end to end. */
  isEncrypted: boolean;
}

const PATH = /^\/video-room\/([^/]{1,64})\/?$/;

/** Answers null for an address that is no meeting link. */
export function readLink(url: URL): MeetingLink | null {
  const meetingId = PATH.exec(url.pathname)?.[1];
  if (meetingId === undefined) return null;
  return {
    meetingId,
    passcode: url.searchParams.get("passcode") ?? "",
    ...readFragment(url.hash),
  };
}
