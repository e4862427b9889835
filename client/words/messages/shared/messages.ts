// deno-fmt-ignore-file
// Made of the catalogues by `deno task words`, and by each build.
import { Words } from "../../words.ts";

export type SharedMessages =
  & Record<
    | "cancel" | "copy" | "copied" | "language" | "day.today" | "day.tomorrow" | "day.yesterday"
    | "broken" | "broken.page" | "again" | "reload"
    , null>
  & {
    "span": { "day": string; "start": string; "end": string };
    "span.open": { "day": string; "start": string };
    "zone": { "city": string };
  }
  ;

export const shared = new Words<SharedMessages>("shared", {
  "en": () => import("./en.json", { with: { type: "json" } }),
});
