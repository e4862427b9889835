/** What files of a recording are called, and who is heard or seen in a track. */
import type { Manifest, TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import { sayElapsed } from "../../../words/time.ts";

export const SOURCE_WORDS = {
  audio: "sound",
  video: "camera",
  screen: "screen",
  screenAudio: "sound of the screen",
} as const;

export function nameOf({ people }: Manifest, { participantId }: TrackManifest): string {
  return people.find((person) => person.participantId === participantId)?.name ?? "Somebody";
}

/** A title as the beginning of a file's name. */
export function fileStem(title: string): string {
  return title.replace(/[^\p{L}\p{N} _.-]+/gu, " ").replace(/\s+/g, " ").trim() || "Lesson";
}

export function trackFileName(manifest: Manifest, track: TrackManifest): string {
  const at = sayElapsed(track.startMs).replaceAll(":", ".");
  const words = `${manifest.title} ${nameOf(manifest, track)} ${SOURCE_WORDS[track.source]} ${at}`;
  return `${fileStem(words)}.webm`;
}
