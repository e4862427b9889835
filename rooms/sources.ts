/**
 * What each person sends (microphone, camera, screen), and who stopped it.
 *
 * Invariant: a source that the host stopped is forwarded again only after its owner switched it on, and only when
 * the policy or the host allows that. Nobody is ever switched on by somebody else.
 */
import { MEDIA_SOURCES, type MediaSource, type MediaState, NO_MEDIA } from "./document/schema.ts";
import { RoomError } from "./errors.ts";
import type { Person } from "./people.ts";
import type { Permissions } from "./permissions.ts";

/** What a room asks of media. Failures are the implementation's to report: a room goes on. */
export interface RoomMedia {
  /** A paused producer's packets end at the server. */
  setPaused(producerId: string, paused: boolean): void;
  closeProducer(producerId: string): void;
  /** Closes everything of one participant. */
  release(participantId: string): void;
  close(): void;
}

export interface SourcesPorts {
  media: RoomMedia;
  /** The person's fields changed: show it in the document. */
  changed(person: Person): void;
  /** The microphone was switched. */
  muted(person: Person, muted: boolean): void;
}

const isScreen = (source: MediaSource): boolean => source === "screen" || source === "screenAudio";

export class Sources {
  constructor(private readonly ports: SourcesPorts) {}

  /** @throws RoomError `forbidden` when the person may not publish this source. */
  checkMayPublish(source: MediaSource, may: Permissions): void {
    if (isScreen(source) && !may.share) {
      throw new RoomError("forbidden", "The host doesn't allow you to share your screen");
    }
  }

  /** Whether a producer of this source starts without being forwarded. */
  startsPaused(person: Person, source: MediaSource, on: boolean): boolean {
    return !on || person.fields[source].stoppedByHost;
  }

  /** A producer was made. One a source: an older one is closed. `on` is what its owner wanted. */
  published(person: Person, source: MediaSource, producerId: string, on: boolean): void {
    const { producerId: older, stoppedByHost } = person.fields[source];
    if (older !== null && older !== producerId) this.ports.media.closeProducer(older);
    this.#set(person, source, { producerId, on: on && !stoppedByHost, stoppedByHost });
  }

  /** A producer is gone: a camera or microphone stays as wanted, a screen share is over. */
  unpublished(person: Person, producerId: string): void {
    for (const source of MEDIA_SOURCES) {
      const state = person.fields[source];
      if (state.producerId !== producerId) continue;
      this.#set(person, source, isScreen(source) ? NO_MEDIA : { ...state, producerId: null });
    }
  }

  /** Every producer of the person is gone. */
  unpublishedAll(person: Person): void {
    for (const source of MEDIA_SOURCES) {
      const { producerId } = person.fields[source];
      if (producerId !== null) this.unpublished(person, producerId);
    }
  }

  /**
   * The owner switches a source.
   * @throws RoomError `forbidden` when the host stopped it and neither policy nor host lets it go on.
   */
  switch(
    person: Person,
    source: MediaSource,
    on: boolean,
    { may, selfUnmute }: { may: Permissions; selfUnmute: boolean },
  ): void {
    const state = person.fields[source];
    if (on) {
      this.checkMayPublish(source, may);
      if (state.stoppedByHost && !selfUnmute && !may.host && !person.asked.has(source)) {
        throw new RoomError("forbidden", "The host stopped this. Ask them to let you go on.");
      }
      person.asked.delete(source);
    }
    const stoppedByHost = state.stoppedByHost && !on;
    if (state.producerId !== null) this.ports.media.setPaused(state.producerId, !on);
    this.#set(person, source, { ...state, on, stoppedByHost });
  }

  /** The host stops a source. A screen share ends; anything else pauses at the server. */
  stop(person: Person, source: MediaSource): void {
    person.asked.delete(source);
    if (isScreen(source)) return this.#stopScreen(person);
    const state = person.fields[source];
    if (state.producerId !== null) this.ports.media.setPaused(state.producerId, true);
    this.#set(person, source, { ...state, on: false, stoppedByHost: true });
  }

  /** Ends the shares of those who may not share any more, and tells them. */
  enforceShares(people: Iterable<Person>, permissionsOf: (person: Person) => Permissions): void {
    for (const person of people) {
      const { screen, screenAudio } = person.fields;
      if ((screen.producerId ?? screenAudio.producerId) === null) continue;
      if (permissionsOf(person).share) continue;
      this.#stopScreen(person);
      person.member?.notify("participant.stopped", { source: "screen", by: "" });
    }
  }

  #stopScreen(person: Person): void {
    for (const source of ["screen", "screenAudio"] as const) {
      const { producerId } = person.fields[source];
      if (producerId !== null) this.ports.media.closeProducer(producerId);
      this.#set(person, source, NO_MEDIA);
    }
  }

  #set(person: Person, source: MediaSource, state: MediaState): void {
    const before = person.fields[source];
    person.fields = { ...person.fields, [source]: state };
    if (source === "audio" && before.on !== state.on) this.ports.muted(person, !state.on);
    this.ports.changed(person);
  }
}
