import { expect } from "@std/expect";
import { RecorderThread, ThreadEnded } from "./recorder_thread.ts";

const START = {
  database: { kind: "file", path: "/nowhere", synchronous: "normal" },
  freeBytes: 0,
  dataDir: null,
  objects: null,
} as const;

/** A thread that runs this code. */
function run(code: string, lookMs: number): { thread: RecorderThread; death: Promise<string> } {
  const death = Promise.withResolvers<string>();
  const thread = new RecorderThread({
    module: new URL(`data:text/javascript,${encodeURIComponent(code)}`),
    start: START,
    onTold: () => {},
    onDeath: death.resolve,
    lookMs,
  });
  return { thread, death: death.promise };
}

const ready = "if (data.type === 'start') postMessage({ type: 'ready' })";

Deno.test("a thread that gives no sign of life is ended, and what it was asked rejects", async () => {
  const { thread, death } = run(`onmessage = ({ data }) => { ${ready}; else for (;;); }`, 50);
  await thread.ready;
  const call = thread.call("library", "list", []);
  expect(await death).toBe("it hangs");
  await expect(call).rejects.toThrow(ThreadEnded);
  await expect(thread.call("library", "list", [])).rejects.toThrow(ThreadEnded);
});

Deno.test("a thread that dies of an error says so, and what it was asked rejects", async () => {
  const code = `onmessage = ({ data }) => { ${ready}; else throw new Error("out of sorts"); }`;
  const { thread, death } = run(code, 60_000);
  await thread.ready;
  const call = thread.call("library", "list", []);
  expect(await death).toContain("out of sorts");
  await expect(call).rejects.toThrow(ThreadEnded);
});

Deno.test("media that a thread doesn't take is dropped instead of held without end", async () => {
  const { thread } = run(`onmessage = ({ data }) => { ${ready} }`, 60_000);
  await thread.ready;
  expect(thread.hand(new Uint8Array(40 << 20))).toBe(true);
  expect(thread.hand(new Uint8Array(40 << 20))).toBe(false);
  thread.end("enough");
  expect(thread.hand(new Uint8Array(1))).toBe(false);
});
