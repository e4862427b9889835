/**
 * Who may do what. Pure functions of role and policy: the server enforces them, the client shows them.
 */
import type { Grantees, Policy, Role, RootName } from "./document/schema.ts";

export interface Subject {
  id: string;
  role: Role;
  /** Not a guest: came with a personal link of the booking. */
  booked: boolean;
}

/** What one person may do right now. */
export interface Permissions {
  host: boolean;
  draw: boolean;
  edit: boolean;
  run: boolean;
  share: boolean;
  chat: boolean;
  /** Ending the meeting for everybody. */
  end: boolean;
}

function includes(audience: Grantees, person: Subject): boolean {
  if (person.role === "tutor" || audience === "everyone") return true;
  return Array.isArray(audience) && audience.includes(person.id);
}

export function permissionsOf(person: Subject, policy: Policy): Permissions {
  return {
    host: person.role === "tutor",
    draw: includes(policy.draw, person),
    edit: includes(policy.edit, person),
    run: includes(policy.run, person),
    share: includes(policy.share, person),
    chat: includes(policy.chat, person),
    end: person.role === "tutor" || person.booked && policy.end === "booked",
  };
}

/** Whether a person may write a root of the meeting document by a Yjs update of their own. */
export function mayWriteRoot(root: RootName, may: Permissions): boolean {
  switch (root) {
    case "whiteboard":
      return may.draw;
    case "files":
      return may.edit;
    case "runs":
      return may.run;
    default:
      return false;
  }
}
