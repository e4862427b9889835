import { expect } from "@std/expect";
import type { RecorderStart } from "./calls.ts";
import { RecorderThread, ThreadEnded } from "./recorder_thread.ts";

const START = {
  database: { kind: "file", path: "/nowhere", synchronous: "normal" },
  freeBytes: 0,
  dataDir: null,
  objects: null,
} as const;

/** A thread that runs this code. */
function run(
  code: string,
  lookMs: number,
  start: RecorderStart = START,
): { thread: RecorderThread; death: Promise<string> } {
  const death = Promise.withResolvers<string>();
  const thread = new RecorderThread({
    module: new URL(`data:text/javascript,${encodeURIComponent(code)}`),
    start,
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

Deno.test("a thread that takes its time to start isn't said to hang", async () => {
  // As many signs of life are asked for as end one that was ready, and half as many again.
  const code = "let pings = 0; onmessage = ({ data }) => { " +
    "if (data.type === 'ping' && ++pings === 24) postMessage({ type: 'ready' }); }";
  const { thread } = run(code, 100);
  await thread.ready;
  thread.end("enough");
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

Deno.test("a thread may read its data folder and reach its store, and nothing else", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lectern-thread-" });
  const store = "store.example.org";
  const asked = [
    { name: "read", path: folder },
    { name: "net", host: `${store}:443` },
    { name: "read", path: "/etc" },
    { name: "write", path: folder },
    { name: "net", host: "elsewhere.example.org:443" },
    { name: "run", command: "sh" },
    { name: "import", host: "deno.land" },
  ];
  const code = `onmessage = async ({ data }) => {
    if (data.type === 'start') return postMessage({ type: 'ready' });
    const value = [];
    for (const one of ${JSON.stringify(asked)}) {
      value.push((await Deno.permissions.query(one)).state === 'granted');
    }
    postMessage({ type: 'result', id: data.id, value });
  }`;
  const objects = {
    endpoint: `https://${store}`,
    bucket: "lessons",
    region: "eu-central-1",
    accessKeyId: "id",
    secretAccessKey: "key",
  };
  const { thread } = run(code, 60_000, { ...START, dataDir: folder, objects });
  try {
    await thread.ready;
    expect(await thread.call("library", "list", []))
      .toEqual([true, true, false, false, false, false, false]);
  } finally {
    thread.end("enough");
    await Deno.remove(folder);
  }
});
