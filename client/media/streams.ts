/** What has been received, sorted by person: what to show, what to play, what should be flowing. Pure. */
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import type { Participant } from "../connection/live_room.ts";
import type { ExpectedStream } from "./quality.ts";
import type { FrameSize, ReceivedSource } from "./receiving.ts";

/** What one participant sends, as far as it has arrived. Audio is played by the engine itself. */
export type ReceivedTracks = Readonly<Partial<Record<MediaSource, MediaStreamTrack>>>;

/** Tracks by participant id, and all that is to be heard. A video that is off is left out: its last frame would stand. */
export function arrange(
  receptions: Iterable<ReceivedSource>,
  participants: readonly Participant[],
): { streams: Map<string, ReceivedTracks>; audioTracks: Set<MediaStreamTrack> } {
  const streams = new Map<string, ReceivedTracks>();
  const audioTracks = new Set<MediaStreamTrack>();
  const people = new Map(participants.map((participant) => [participant.id, participant]));
  for (const { participantId, source, consumer } of receptions) {
    if (consumer === null) continue;
    if (consumer.kind === "audio") audioTracks.add(consumer.track);
    else if (!people.get(participantId)?.[source].on) continue;
    streams.set(participantId, { ...streams.get(participantId), [source]: consumer.track });
  }
  return { streams, audioTracks };
}

/** Streams of people who are here and switched on, as far as this page shows them. */
export function* expectedStreams(
  receptions: Iterable<ReceivedSource>,
  participants: readonly Participant[],
  sizeOf: (participantId: string, source: MediaSource) => FrameSize | null,
): Iterable<ExpectedStream> {
  const people = new Map(participants.map((participant) => [participant.id, participant]));
  for (const { participantId, source, consumer, starved } of receptions) {
    const participant = people.get(participantId);
    const size = sizeOf(participantId, source);
    const hidden = size !== null && (size.width < 1 || size.height < 1);
    if (hidden || starved || participant?.connection !== "online" || !participant[source].on) {
      continue;
    }
    yield { participantId, trackId: consumer?.track.id ?? null };
  }
}

/** The videos that this page's connection has no room for, as `participantId/source`. */
export function starvedPictures(receptions: Iterable<ReceivedSource>): Set<string> {
  return new Set(
    [...receptions].filter(({ starved }) => starved)
      .map(({ participantId, source }) => `${participantId}/${source}`),
  );
}

export function sameStreams(
  a: ReadonlyMap<string, ReceivedTracks>,
  b: ReadonlyMap<string, ReceivedTracks>,
): boolean {
  return a.size === b.size && [...a].every(([id, tracks]) => {
    const others = b.get(id) ?? {};
    const sources = new Set([...Object.keys(tracks), ...Object.keys(others)]) as Set<MediaSource>;
    return [...sources].every((source) => tracks[source] === others[source]);
  });
}
