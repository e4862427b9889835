/** A node with a recorded lesson under way, to be killed: says who is who on its first line, then what it saved. */
import * as Y from "yjs";
import { whiteboardOf } from "../../rooms/document/schema.ts";
import { publish, RecordingNode } from "./recorded_lesson.ts";

const folder = Deno.args[0] ?? "";
const node = await RecordingNode.start({ folder });
const lesson = await node.book();
const tutor = await node.join(lesson.tutor);
await publish(tutor, node.engine);

async function say(value: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

await say(lesson);
for (let stroke = 0;; stroke++) {
  whiteboardOf(tutor.doc).set(`p:1/${stroke}`, new Y.Map([["x", stroke]]));
  await tutor.stored();
  await say(stroke);
  await new Promise((resolve) => setTimeout(resolve, 50));
}
