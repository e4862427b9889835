/** A node with a recorded lesson under way, to be killed: says who is who on its first line, then what it saved. */
import * as Y from "yjs";
import { whiteboardOf } from "../../../rooms/contract/document/schema.ts";
import { publish, RecordingNode } from "./recorded_lesson.ts";

/** What it says after each stroke. */
export interface VictimSaid {
  /** Strokes that are stored. */
  saved: number;
  /** When media was last handed to the recorder, Unix ms. */
  handedAt: number;
  /** How late a timer of 20 ms was at worst. */
  lateMs: number;
}

const folder = Deno.args[0] ?? "";
const node = await RecordingNode.start({ folder });
const lesson = await node.book();
const tutor = await node.join(lesson.tutor);
await publish(tutor, node.engine);

async function say(value: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

let lateMs = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  lateMs = Math.max(lateMs, now - last - 20);
  last = now;
}, 20);

await say(lesson);
for (let stroke = 0;; stroke++) {
  whiteboardOf(tutor.doc).set(`p:1/${stroke}`, new Y.Map([["x", stroke]]));
  await tutor.stored();
  await say({ saved: stroke, handedAt: node.handedAt, lateMs } satisfies VictimSaid);
  await new Promise((resolve) => setTimeout(resolve, 50));
}
