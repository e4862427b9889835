/**
 * What each person sends (microphone, camera, screen), and who stopped it.
 *
 * Invariant: a source that the host stopped is forwarded again only after its owner switched it on, and only when
 * the policy or the host allows that. Nobody is ever switched on by somebody else.
 * Invariant: who is muted by the host isn't heard at all: the microphone stands for all audio of a person, and that of
 * a screen, which exists only beside its video, is stopped and goes on with it.
 */
import {
  MEDIA_SOURCES,
  type MediaSource,
  type MediaState,
  NO_MEDIA,
} from "./contract/document/schema.ts";
import { RoomError } from "./contract/errors.ts";
import type { Person } from "./people.ts";
import type { Permissions } from "./contract/permissions.ts";

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

/** Whether nothing of a source is forwarded, whatever its owner wants. */
function isStopped({ fields }: Person, source: MediaSource): boolean {
  return fields[source].stoppedByHost || source === "screenAudio" && fields.audio.stoppedByHost;
}

export class Sources {
  constructor(private readonly ports: SourcesPorts) {}

  /**
   * @throws RoomError `forbidden` when the person may not publish this source, `conflict` for the audio of a screen
   * that isn't there.
   */
  checkMayPublish(person: Person, source: MediaSource, may: Permissions): void {
    if (isScreen(source) && !may.share) {
      throw new RoomError("forbidden", "The host doesn't allow you to share your screen");
    }
    if (source === "screenAudio" && person.fields.screen.producerId === null) {
      throw new RoomError("conflict", "The sound of a screen is sent beside its picture only");
    }
  }

  /** Whether a producer of this source starts without being forwarded. */
  startsPaused(person: Person, source: MediaSource, on: boolean): boolean {
    return !on || isStopped(person, source);
  }

  /** A producer was made. One a source: an older one is closed. `on` is what its owner wanted. */
  published(person: Person, source: MediaSource, producerId: string, on: boolean): void {
    const { producerId: older } = person.fields[source];
    const stoppedByHost = isStopped(person, source);
    if (older !== null && older !== producerId) this.ports.media.closeProducer(older);
    const goesOn = source === "screenAudio" || !stoppedByHost;
    this.#set(person, source, { producerId, on: on && goesOn, stoppedByHost });
  }

  /** A producer is gone: a camera or microphone stays as wanted, a screen share is over, its audio with it. */
  unpublished(person: Person, producerId: string): void {
    for (const source of MEDIA_SOURCES) {
      const state = person.fields[source];
      if (state.producerId !== producerId) continue;
      if (source === "screen") this.#stopScreen(person);
      else this.#set(person, source, isScreen(source) ? NO_MEDIA : { ...state, producerId: null });
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
   * @throws RoomError `forbidden` when the host stopped it and neither policy nor host lets it go on, `conflict` for a
   * screen that isn't shared.
   */
  switch(
    person: Person,
    source: MediaSource,
    on: boolean,
    { may, selfUnmute }: { may: Permissions; selfUnmute: boolean },
  ): void {
    const state = person.fields[source];
    if (isScreen(source)) return this.#switchScreen(person, source, on, may);
    if (on) {
      if (state.stoppedByHost && !selfUnmute && !may.host && !person.asked.has(source)) {
        throw new RoomError("forbidden", "The host stopped this. Ask them to let you go on.");
      }
      person.asked.delete(source);
    }
    const stoppedByHost = state.stoppedByHost && !on;
    if (state.producerId !== null) this.ports.media.setPaused(state.producerId, !on);
    this.#set(person, source, { ...state, on, stoppedByHost });
    if (source === "audio" && on) this.#stopScreenAudio(person, false);
  }

  /** What the owner wants of a screen. Its audio waits for as long as they are muted. */
  #switchScreen(person: Person, source: MediaSource, on: boolean, may: Permissions): void {
    const state = person.fields[source];
    if (on) this.checkMayPublish(person, source, may);
    if (state.producerId === null) {
      if (on) throw new RoomError("conflict", "You share no screen");
      return;
    }
    this.ports.media.setPaused(state.producerId, !on || state.stoppedByHost);
    this.#set(person, source, { ...state, on });
  }

  /** The host stops a source. A screen share ends; anything else pauses at the server, audio all together. */
  stop(person: Person, source: MediaSource): void {
    person.asked.delete(source);
    if (isScreen(source)) return this.#stopScreen(person);
    const state = person.fields[source];
    if (state.producerId !== null) this.ports.media.setPaused(state.producerId, true);
    this.#set(person, source, { ...state, on: false, stoppedByHost: true });
    if (source === "audio") this.#stopScreenAudio(person, true);
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

  #stopScreenAudio(person: Person, stoppedByHost: boolean): void {
    const state = person.fields.screenAudio;
    if (state.producerId === null || state.stoppedByHost === stoppedByHost) return;
    this.ports.media.setPaused(state.producerId, stoppedByHost || !state.on);
    this.#set(person, "screenAudio", { ...state, stoppedByHost });
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
