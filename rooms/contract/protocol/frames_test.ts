import { expect } from "@std/expect";
import { Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as sync from "y-protocols/sync";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import {
  readFrame,
  readPresence,
  writePresence,
  writePresenceFrame,
  writeSyncStep1,
  writeSyncStep2,
  writeUpdates,
} from "./frames.ts";

/** A frame as y-protocols itself writes it. */
function reference(write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

Deno.test("frames are byte for byte those of y-protocols", () => {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, "x".repeat(20_000));
  const update = Y.encodeStateAsUpdate(doc);
  expect(writeSyncStep1(Y.encodeStateVector(doc)))
    .toEqual(reference((encoder) => sync.writeSyncStep1(encoder, doc)));
  expect(writeSyncStep2(update)).toEqual(reference((encoder) => sync.writeSyncStep2(encoder, doc)));
  expect(writeUpdates([update])).toEqual(reference((encoder) => sync.writeUpdate(encoder, update)));
});

Deno.test("a frame carries several updates in order", () => {
  const updates = [new Uint8Array([1]), new Uint8Array(), new Uint8Array(300).fill(7)];
  expect(readFrame(writeUpdates(updates)))
    .toEqual(updates.map((update) => ({ type: "update", update })));
});

Deno.test("a presence frame reads back as y-protocols wrote it", () => {
  const awareness = new Awareness(new Y.Doc());
  awareness.setLocalState({ cursor: [1, 2] });
  const payload = encodeAwarenessUpdate(awareness, [awareness.clientID]);
  const [message] = readFrame(writePresenceFrame(payload)) ?? [];
  expect(message).toEqual({ type: "presence", payload });
  const entries = readPresence(payload);
  expect(entries).toEqual([
    { clientId: awareness.clientID, clock: 1, state: '{"cursor":[1,2]}' },
  ]);
  expect(writePresence(entries ?? [])).toEqual(payload);
  awareness.destroy();
});

Deno.test("a frame that is cut, empty, of an unknown kind or with a tail is malformed", () => {
  const whole = writeUpdates([new Uint8Array([1, 2, 3])]);
  for (let length = 0; length < whole.length; length++) {
    expect(readFrame(whole.subarray(0, length))).toBeUndefined();
  }
  expect(readFrame(new Uint8Array([2, 0]))).toBeUndefined();
  expect(readFrame(new Uint8Array([0, 3, 0]))).toBeUndefined();
  expect(readFrame(new Uint8Array([...whole, 9]))).toBeUndefined();
});

Deno.test("a presence message that claims too much or isn't JSON is malformed", () => {
  expect(readPresence(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f]))).toBeUndefined();
  expect(readPresence(writePresence([{ clientId: 1, clock: 1, state: "{" }]))).toBeUndefined();
  const tail = [...writePresence([{ clientId: 1, clock: 1, state: "{}" }]), 0];
  expect(readPresence(new Uint8Array(tail))).toBeUndefined();
});
