// deno-fmt-ignore-file
// Made of the catalogues by `deno task words`, and by each build.
import { Words } from "../../words.ts";

export type LandingMessages =
  & Record<
    | "api" | "title" | "what" | "haveLink" | "still" | "licence" | "licences" | "tryIt"
    | "tryIt.make" | "tryIt.another" | "tryIt.failed" | "tryIt.made" | "tryIt.link.tutor"
    | "tryIt.link.student" | "tryIt.copy.tutor" | "tryIt.copy.student" | "tryIt.openAs.tutor"
    | "tryIt.openAs.student" | "tryIt.open"
    , null>
  & {
    "licence.version": { "version": string };
  }
  ;

export const landing = new Words<LandingMessages>("landing", {
  "en": () => import("./en.json", { with: { type: "json" } }),
});
