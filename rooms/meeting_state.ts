/**
 * How a meeting stands: its own fields, and what its document shows of it and of its people.
 *
 * Invariant: a change is made here first and then shown in the document, so that a document that is rebuilt from the
 * log can be made to say it again.
 */
import type * as Y from "yjs";
import { interruptRuns, projectMeeting, projectParticipant } from "./document/projection.ts";
import type { Replica } from "./document/replica.ts";
import type { MeetingFields } from "./contract/document/schema.ts";
import type { Names } from "./names.ts";
import type { People, Person } from "./people.ts";
import { type Permissions, permissionsOf } from "./contract/permissions.ts";

export interface MeetingStatePorts {
  replica: Replica;
  people: People;
  /** Another policy holds from here on. */
  policyChanged(): void;
  /** What is shown of a person may have changed. */
  shown(person: Person): void;
}

export class MeetingState {
  constructor(
    private readonly ports: MeetingStatePorts,
    private fields: MeetingFields,
    private time: number,
  ) {}

  get meeting(): Readonly<MeetingFields> {
    return this.fields;
  }

  /** When what is going on in the room goes on: the time of its rows in the log. */
  get now(): number {
    return this.time;
  }

  set now(now: number) {
    this.time = now;
  }

  permissionsOf({ id, booked, fields: { role } }: Person): Permissions {
    return permissionsOf({ id, role, booked }, this.fields.policy);
  }

  /** Changes the meeting; a new policy holds from here on. */
  change(fields: Partial<MeetingFields>): void {
    this.fields = { ...this.fields, ...fields };
    if (fields.policy !== undefined) this.ports.policyChanged();
    this.#write((doc) => projectMeeting(doc, this.fields));
  }

  /** Shows a person's fields, and the end of the runs whose page is gone. */
  show(person: Person): void {
    this.ports.shown(person);
    const { id, fields, page } = person;
    // A run goes on in the page that began it; nothing is known of pages from before the room was loaded.
    const isGone = (client: number | undefined) =>
      fields.connection === "left" || page !== null && client !== page;
    this.#write((doc) => {
      projectParticipant(doc, id, fields);
      interruptRuns(doc, ({ by, map }) => by === id && isGone(map._item?.id.client));
    });
  }

  /** Shows by their names those who are called otherwise from here on. */
  rename(names: Names): void {
    for (const person of this.ports.people.all()) {
      const name = names.shown({ participantId: person.id, name: person.fields.name });
      if (name === person.fields.name) continue;
      person.fields = { ...person.fields, name };
      this.show(person);
    }
  }

  /** Shows everything. */
  showAll(): void {
    this.#write((doc) => {
      projectMeeting(doc, this.fields);
      for (const { id, fields } of this.ports.people.all()) projectParticipant(doc, id, fields);
      interruptRuns(doc, ({ by }) => !this.ports.people.isPresent(by));
    });
  }

  #write(change: (doc: Y.Doc) => void): void {
    // While the document is dropped there is nothing to write to: the rebuild shows it all.
    if (this.ports.replica.usable) this.ports.replica.write(this.time, change);
  }
}
