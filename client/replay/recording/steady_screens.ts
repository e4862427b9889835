/**
 * Shared screens as they were seen: a screen on which nothing moves sends a picture every few seconds only, and stands
 * there all the same until its owner ends it.
 *
 * Pure: what the server says of frames becomes what a player shows.
 */
import type { Manifest, TrackManifest } from "../../../recorder/manifest.ts";

/** A share is told a little before or after its first picture. */
const SLACK_MS = 3000;

export const isScreen = ({ source, kind }: TrackManifest) =>
  source === "screen" && kind === "video";

export function withSteadyScreens(manifest: Manifest): Manifest {
  return {
    ...manifest,
    tracks: manifest.tracks.map((track) => isScreen(track) ? steady(track, manifest) : track),
  };
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
