// deno-fmt-ignore-file
// Made of the catalogues by `deno task words`, and by each build.
import { Words } from "../../words.ts";

export type DoorMessages =
  & Record<
    | "opening" | "joining" | "tryAgain" | "noLesson.title" | "noLesson.text" | "unsupported.title"
    | "unsupported.text" | "notLoaded.title" | "notLoaded.text" | "notLoaded.again"
    | "cancelled.title" | "cancelled.text" | "unencrypted.title" | "unencrypted.what"
    | "unencrypted.now" | "locked.title" | "locked.text" | "full.title" | "full.text"
    | "unreadable.title" | "unreadable.what" | "unreadable.now" | "unreachable.title"
    | "unreachable.server" | "unreachable.offline" | "over.title" | "over.text" | "recording.ready"
    | "recording.watch" | "removed.title" | "removed.text" | "early.notYet" | "early.comeBack"
    | "early.leaveOpen" | "early.calendar" | "lesson" | "tries.title" | "passcode.wrong.title"
    | "passcode.wrong.text" | "passcode.asked.title" | "passcode.asked.text" | "passcode.label"
    | "passcode.open"
    , null>
  & {
    "early.title": { "when": "other" | "today" | "tomorrow" | "yesterday"; "time": string; "day": string };
    "early.zone": { "zone": string };
    "tries.text": { "minutes": number };
  }
  ;

export const door = new Words<DoorMessages>("door", {
  "en": () => import("./en.json", { with: { type: "json" } }),
});
