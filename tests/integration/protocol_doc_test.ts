import { expect } from "@std/expect";
import {
  answerEnvelope,
  type Method,
  METHODS,
  type NoticeMethod,
  NOTICES,
  requestEnvelope,
} from "../../rooms/contract/protocol/messages.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";

const page = await Deno.readTextFile(new URL("../../PROTOCOL.md", import.meta.url));
const frames = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json]) =>
  JSON.parse(json ?? "") as Record<string, unknown>
);

/** Everything that the example says is known to the schema: parsing it drops nothing. */
function expectKept(parsed: unknown, example: unknown): void {
  expect(parsed).toMatchObject(example as Record<string, unknown>);
}

Deno.test("every example of PROTOCOL.md passes the schemas", () => {
  const asked = new Map<number, Method>();
  for (const frame of frames) {
    if ("method" in frame && "id" in frame) {
      const { id, method } = requestEnvelope.parse(frame);
      asked.set(id, method);
      expectKept(METHODS[method].params.parse(frame["params"]), frame["params"]);
    } else if ("id" in frame) {
      const answer = answerEnvelope.parse(frame);
      const method = asked.get(answer.id);
      if (method === undefined) {
        throw new Error(`an answer to no request: ${JSON.stringify(frame)}`);
      }
      if (!("error" in answer)) {
        expectKept(METHODS[method].result.parse(answer.result), answer.result);
      }
    } else {
      const schema = NOTICES[frame["method"] as NoticeMethod];
      expectKept(schema.parse(frame["params"]), frame["params"]);
    }
  }
});

Deno.test("PROTOCOL.md shows every request and every notice, and names every close code", () => {
  const shown = new Set(frames.map((frame) => frame["method"]));
  const known = [...Object.keys(METHODS), ...Object.keys(NOTICES)];
  expect(known.filter((method) => !shown.has(method))).toEqual([]);
  expect(Object.values(CLOSE).filter((code) => !page.includes(`| ${code} |`))).toEqual([]);
});
