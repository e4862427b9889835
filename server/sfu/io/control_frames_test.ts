import { expect } from "@std/expect";
import { type ControlReply, encodeFrame, FrameReader, MAX_FRAME_BYTES } from "./control_frames.ts";

const REPLIES: ControlReply[] = [
  { type: "ready", at: 1.5, port: 5, tcp: true },
  { type: "result", id: 1, value: { text: "schön", list: [1, null] } },
  { type: "alive", at: 1.5 },
];

Deno.test("frames come together however the pipe cuts them", () => {
  const stream = REPLIES.flatMap((reply) => [...encodeFrame(reply)]);
  for (let size = 1; size <= stream.length; size++) {
    const reader = new FrameReader();
    const read: unknown[] = [];
    for (let at = 0; at < stream.length; at += size) {
      read.push(...reader.push(Uint8Array.from(stream.slice(at, at + size))));
    }
    expect(read).toEqual(REPLIES);
  }
});

Deno.test("a claimed length beyond the bound is refused before anything is kept for it", () => {
  const reader = new FrameReader();
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, MAX_FRAME_BYTES + 1);
  expect(() => reader.push(head)).toThrow(RangeError);
});
