import { expect } from "@std/expect";
import { MediaError, type MediaEvent } from "../../server/sfu/engine.ts";
import { type MediaLogger, startMediaProcess } from "../../server/sfu/io/process.ts";
import { until } from "./until.ts";

const ADDRESS = "127.0.0.1";

function recordingLogger(): MediaLogger & { lines: string[] } {
  const lines: string[] = [];
  const note = (message: string) => lines.push(message);
  return { lines, info: note, warn: note, error: note };
}

function isRunning(pid: number): boolean {
  try {
    return !Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") Z ");
  } catch {
    return false;
  }
}

for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
  Deno.test(`after ${signal} the process is replaced, and the routers hear of it within 2 s`, async () => {
    const engine = await startMediaProcess({
      address: ADDRESS,
      port: 0,
      logger: recordingLogger(),
    });
    try {
      const lost = Promise.withResolvers<number>();
      const killed = performance.now();
      const onEvent = (event: MediaEvent) => {
        if (event.type === "lost") lost.resolve(performance.now() - killed);
      };
      const routerId = await engine.createRouter(onEvent);
      const { port, pid } = engine;
      Deno.kill(pid, signal);
      expect(await lost.promise).toBeLessThan(2000);
      expect(engine.port).toBe(port);
      expect(isRunning(pid)).toBe(false);
      await expect(engine.createTransport(routerId, "send")).rejects.toThrow(MediaError);
      const again = await engine.createRouter(onEvent);
      expect((await engine.createTransport(again, "send")).iceCandidates[0]?.port).toBe(port);
      expect((await engine.counters())["processRestarts"]).toBe(1);
    } finally {
      await engine.close();
    }
  });
}

Deno.test("calls that come while the process is replaced wait for the new one", async () => {
  const engine = await startMediaProcess({ address: ADDRESS, port: 0, logger: recordingLogger() });
  try {
    const { pid } = engine;
    Deno.kill(pid, "SIGKILL");
    await until(() => engine.pid !== pid, { what: "a new process is started" });
    expect(await engine.createRouter(() => {})).toHaveLength(16);
  } finally {
    await engine.close();
  }
});

Deno.test("a taken port is told at the start, and nothing stays behind", async () => {
  const first = await startMediaProcess({ address: ADDRESS, port: 0, logger: recordingLogger() });
  try {
    await expect(
      startMediaProcess({ address: ADDRESS, port: first.port, logger: recordingLogger() }),
    ).rejects.toThrow(MediaError);
  } finally {
    await first.close();
  }
  expect(isRunning(first.pid)).toBe(false);
});

Deno.test("signals to the whole group leave the media process to the main one", async () => {
  const engine = await startMediaProcess({ address: ADDRESS, port: 0, logger: recordingLogger() });
  const { pid } = engine;
  try {
    Deno.kill(pid, "SIGINT");
    Deno.kill(pid, "SIGTERM");
    expect(await engine.createRouter(() => {})).toHaveLength(16);
    expect((await engine.counters())["processRestarts"]).toBe(0);
  } finally {
    await engine.close();
  }
  expect(isRunning(pid)).toBe(false);
});

Deno.test("the process ends when the main process is gone", async () => {
  const parent = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("./media_orphan.ts", import.meta.url).href],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = parent.stdout.getReader();
  const pid = Number(new TextDecoder().decode((await reader.read()).value));
  expect(isRunning(pid)).toBe(true);
  parent.kill("SIGKILL");
  await parent.status;
  await until(() => !isRunning(pid), { what: "the media process ended" });
  await reader.cancel();
});
