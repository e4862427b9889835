import { expect } from "@std/expect";
import { ArrivalRecorder } from "./twcc.ts";
import { parseTransportFeedback, writeTransportFeedback } from "../packets/transport_feedback.ts";

Deno.test("arrivals are told from the first packet on, with holes, across the wrap", () => {
  const recorder = new ArrivalRecorder();
  expect(recorder.take(1, 2)).toBeUndefined();
  recorder.receive(65534, 128);
  recorder.receive(65535, 129);
  recorder.receive(1, 131.5);
  expect(recorder.take(1, 2)).toEqual({
    type: "transport-feedback",
    senderSsrc: 1,
    mediaSsrc: 2,
    baseSequence: 65534,
    referenceTime: 2,
    feedbackCount: 0,
    arrivals: [0, 4, undefined, 14],
  });
  expect(recorder.take(1, 2)).toBeUndefined();
});

Deno.test("the next message begins where the last one ended, so that losses between them show", () => {
  const recorder = new ArrivalRecorder();
  recorder.receive(10, 0);
  recorder.take(1, 2);
  recorder.receive(13, 20);
  expect(recorder.take(1, 2)).toMatchObject({
    baseSequence: 11,
    feedbackCount: 1,
    arrivals: [undefined, undefined, 80],
  });
  recorder.receive(12, 30);
  expect(recorder.take(1, 2)).toBeUndefined();
});

Deno.test("packets that changed places on the path are told in their own order", () => {
  const recorder = new ArrivalRecorder();
  recorder.receive(5, 0);
  recorder.receive(7, 4);
  recorder.receive(6, 10);
  const feedback = recorder.take(1, 2)!;
  expect(feedback.arrivals).toEqual([0, 40, 16]);
  expect(parseTransportFeedback(new DataView(writeTransportFeedback(feedback).buffer)))
    .toEqual(feedback);
});

Deno.test("a jump larger than the window neither repeats nor invents arrivals", () => {
  const recorder = new ArrivalRecorder();
  recorder.receive(100, 0);
  recorder.receive(20_000, 1);
  const feedback = recorder.take(1, 2)!;
  expect(feedback.arrivals.filter((arrival) => arrival !== undefined)).toHaveLength(1);
  expect(feedback.arrivals.length).toBe(512);
  recorder.receive(20_001, 2);
  expect(recorder.take(1, 2)?.arrivals).toHaveLength(1);
});
