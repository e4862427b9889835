/**
 * Where the board's images live: with the meeting on the server, named `asset:{id}` in the document. Images are never
 * inline, and no address of another host is ever loaded.
 */
import type { TLAssetStore } from "tldraw";
import type { LiveRoom } from "../../../connection/live_room.ts";

export const MAX_IMAGE_BYTES = 10 * 1024 * 1024;
export const IMAGE_TYPES = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/svg+xml",
] as const;

const SCHEME = "asset:";

/** Which image of the meeting a record's `src` names; undefined for anything else. */
export function assetIdOf(src: string | null): string | undefined {
  return src?.startsWith(SCHEME) ? src.slice(SCHEME.length) : undefined;
}

/** The `src` under which a record names an image of the meeting. */
export function imageSource(assetId: string): string {
  return SCHEME + assetId;
}

type Upload = Pick<LiveRoom, "meetingId" | "credential">;

export function boardAssets(session: Upload): TLAssetStore {
  return {
    async upload(_asset, file, signal) {
      return { src: imageSource(await uploadImage(session, file, signal)) };
    },
    resolve({ props: { src } }) {
      const id = assetIdOf(src);
      return id === undefined ? null : addressOf(session.meetingId, id);
    },
  };
}

/**
 * Puts an image into the meeting; answers its id.
 * @throws Error with words for the person when it isn't taken.
 */
export async function uploadImage(
  { meetingId, credential }: Upload,
  file: Blob,
  signal?: AbortSignal,
): Promise<string> {
  const answer = await fetch(`/api/assets/${encodeURIComponent(meetingId)}`, {
    method: "POST",
    headers: { authorization: `Bearer ${credential}` },
    body: file,
    ...(signal === undefined ? {} : { signal }),
  });
  const told = await answer.json().catch(() => ({})) as { id?: unknown; detail?: unknown };
  if (answer.ok && typeof told.id === "string") return told.id;
  throw new Error(typeof told.detail === "string" ? told.detail : "The image didn't arrive.");
}

function addressOf(meetingId: string, assetId: string): string {
  return `/api/assets/${encodeURIComponent(meetingId)}/${encodeURIComponent(assetId)}`;
}
