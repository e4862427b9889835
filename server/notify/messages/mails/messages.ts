// deno-fmt-ignore-file
// Made of the catalogues by `deno task words`, and by each build.
import { Catalogues } from "../../catalogues.ts";
import en from "./en.json" with { type: "json" };

export type MailsMessages =
  & Record<
    | "join" | "watch" | "yours" | "lessons"
    , null>
  & {
    "subject.invitation": { "title": string; "when": string };
    "subject.undated.invitation": { "title": string };
    "subject.change": { "title": string; "when": string };
    "subject.undated.change": { "title": string };
    "subject.cancellation": { "title": string };
    "subject.reminder": { "title": string; "when": string };
    "subject.undated.reminder": { "title": string };
    "subject.recording": { "title": string };
    "hello": { "name": string };
    "first.invitation": { "title": string };
    "first.change": { "title": string };
    "first.cancellation": { "title": string };
    "first.reminder": { "title": string };
    "first.recording": { "title": string };
    "when": { "date": string; "start": string; "end": string; "zone": string };
    "when.open": { "date": string; "start": string; "zone": string };
    "zone": { "city": string };
    "early": { "minutes": number };
    "labelled": { "label": string; "url": string };
  }
  ;

export const mails = new Catalogues<MailsMessages>({
  "en": en,
});
