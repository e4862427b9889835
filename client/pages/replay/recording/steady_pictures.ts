/**
 * Pictures as they were seen: a screen on which nothing moves sends a picture every few seconds only, and stands there
 * all the same until its owner ends it; a camera that stalls for a moment leaves its last picture.
 *
 * Pure: what the server says of frames becomes what a player shows.
 */
import type { Manifest, TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";

/** A share is told a little before or after its first picture. */
const SLACK_MS = 3000;
/** A camera that sends nothing for longer is gone for now. */
export const STALL_MS = 3000;

const isScreen = ({ source, kind }: TrackManifest) => source === "screen" && kind === "video";

export function withSteadyPictures(manifest: Manifest): Manifest {
  return {
    ...manifest,
    tracks: manifest.tracks.map((track) => {
      if (isScreen(track)) return steady(track, manifest);
      return track.kind === "video" ? { ...track, spans: joined(track.spans) } : track;
    }),
  };
}

/** How long a picture is shown on when no other comes while the track is said to be there. */
export const standsForMs = (track: TrackManifest): number =>
  isScreen(track) ? Infinity : track.kind === "video" ? STALL_MS : 0;

function joined(spans: TrackManifest["spans"]): TrackManifest["spans"] {
  const joined: TrackManifest["spans"] = [];
  for (const { fromMs, toMs } of spans) {
    const last = joined.at(-1);
    if (last !== undefined && fromMs - last.toMs <= STALL_MS) last.toMs = toMs;
    else joined.push({ fromMs, toMs });
  }
  return joined;
}

function steady(track: TrackManifest, { markers, durationMs }: Manifest): TrackManifest {
  const first = track.spans[0];
  const last = track.spans.at(-1);
  if (first === undefined || last === undefined) return track;
  const share = markers.findLast((marker) =>
    marker.type === "screen" && marker.participantId === track.participantId &&
    marker.atMs <= first.fromMs + SLACK_MS && (marker.toMs ?? durationMs) >= last.fromMs
  );
  const shownUntil = share?.type === "screen" ? share.toMs ?? durationMs : last.toMs;
  const toMs = Math.max(last.toMs, shownUntil);
  return {
    ...track,
    durationMs: Math.max(track.durationMs, toMs - track.startMs),
    spans: [{ fromMs: first.fromMs, toMs }],
  };
}
