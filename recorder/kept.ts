/** What is to be kept in one commit, taken apart by recording and put together again. */
import type { Kept } from "./ports.ts";

export function nothingKept(): Kept {
  return { tracks: [], sizes: [], chunks: [], entries: [], markers: [] };
}

export function isEmpty({ tracks, sizes, chunks, entries, markers }: Kept): boolean {
  return tracks.length + sizes.length + chunks.length + entries.length + markers.length === 0;
}

/** What is kept of each recording. `recordings` names that of each track. */
export function partsOf(kept: Kept, recordings: ReadonlyMap<number, string>): Map<string, Kept> {
  const parts = new Map<string, Kept>();
  const of = (recordingId: string) => {
    let part = parts.get(recordingId);
    if (part === undefined) parts.set(recordingId, part = nothingKept());
    return part;
  };
  for (const track of kept.tracks) of(track.recordingId).tracks.push(track);
  for (const size of kept.sizes) of(recordings.get(size.trackId) ?? "").sizes.push(size);
  for (const chunk of kept.chunks) of(recordings.get(chunk.trackId) ?? "").chunks.push(chunk);
  for (const entry of kept.entries) of(entry.recordingId).entries.push(entry);
  for (const marker of kept.markers) of(marker.recordingId).markers.push(marker);
  return parts;
}

export function joined(parts: Iterable<Kept>): Kept {
  const kept = nothingKept();
  for (const { tracks, sizes, chunks, entries, markers } of parts) {
    kept.tracks.push(...tracks);
    kept.sizes.push(...sizes);
    kept.chunks.push(...chunks);
    kept.entries.push(...entries);
    kept.markers.push(...markers);
  }
  return kept;
}
