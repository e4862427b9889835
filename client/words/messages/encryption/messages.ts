// deno-fmt-ignore-file
// Made of the catalogues by `deno task words`, and by each build.
import { Words } from "../../words.ts";

export type EncryptionMessages =
  & Record<
    | "keyLink.what" | "keyLink.label" | "keyLink.copy"
    , null>
  ;

export const encryption = new Words<EncryptionMessages>("encryption", {
  "en": () => import("./en.json", { with: { type: "json" } }),
});
