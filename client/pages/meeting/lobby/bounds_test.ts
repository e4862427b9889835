import { expect } from "@std/expect";
import * as protocol from "../../../../rooms/contract/protocol/messages.ts";
import { MAX_NAME_CHARS } from "./bounds.ts";

Deno.test("The lobby's bounds are those of the protocol", () => {
  expect(MAX_NAME_CHARS).toBe(protocol.MAX_NAME_CHARS);
});
