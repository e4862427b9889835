// @hocuspocus/server on Node with its own listener, as its documentation starts it.
import { Server } from "@hocuspocus/server";
import { createServer } from "node:net";

const [count = "1", people = "3"] = process.argv.slice(2);
// It takes a `port` of 0 for "none given", so a free one is found first.
const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
await new Server({ address: "127.0.0.1", port, quiet: true, stopOnSignals: false }).listen();
const lessons = Array.from({ length: Number(count) }, (_, n) => ({
  room: `room-${n}`,
  keys: Array.from({ length: Number(people) }, () => "any"),
}));
process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${port}/`, lessons })}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
