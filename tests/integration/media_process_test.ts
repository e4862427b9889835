import { expect } from "@std/expect";
import { MediaError, type MediaEvent } from "../../server/sfu/media_engine.ts";
import { SystemCallError } from "../../server/sfu/io/libc.ts";
import { openLinuxSocket } from "../../server/sfu/io/linux.ts";
import type { Logger } from "../../rooms/contract/logger.ts";
import { startMediaPool } from "../../server/sfu/io/media_pool.ts";
import { startMediaProcess } from "../../server/sfu/io/media_parent.ts";
import type { DatagramSocket } from "../../server/sfu/ports.ts";
import { until } from "../support/until.ts";

const ADDRESS = "127.0.0.1";

function recordingLogger(): Logger & { lines: string[] } {
  const lines: string[] = [];
  const note = (message: string) => lines.push(message);
  return { lines, debug: note, info: note, warn: note, error: note };
}

function isRunning(pid: number): boolean {
  try {
    return !Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") Z ");
  } catch {
    return false;
  }
}

for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
  Deno.test(`after ${signal} the process is replaced, and the routers hear of it`, async () => {
    const engine = await startMediaProcess({
      address: ADDRESS,
      port: 0,
      logger: recordingLogger(),
    });
    try {
      const lost = Promise.withResolvers<void>();
      const onEvent = (event: MediaEvent) => {
        if (event.type === "lost") lost.resolve();
      };
      const routerId = await engine.createRouter(onEvent);
      const { port, pid } = engine;
      Deno.kill(pid, signal);
      await lost.promise;
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
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("../support/media/media_orphan.ts", import.meta.url).href,
    ],
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

/** Two processes with a room in each. */
async function twoRooms(logger: Logger) {
  const pool = await startMediaPool({ address: ADDRESS, port: 0, processes: 2, logger });
  const room = async () => {
    const events: MediaEvent[] = [];
    const id = await pool.createRouter((event) => events.push(event));
    return { id, events };
  };
  const portOf = async (id: string) =>
    (await pool.createTransport(id, "send")).iceCandidates[0]?.port;
  return { pool, first: await room(), second: await room(), portOf };
}

Deno.test("of two processes each has its rooms, and the end of one is nothing to the rooms of the other", async () => {
  const { pool, first, second, portOf } = await twoRooms(recordingLogger());
  try {
    const [one, other] = pool.processes;
    expect([await portOf(first.id), await portOf(second.id)]).toEqual([one?.port, other?.port]);
    Deno.kill(one!.pid, "SIGKILL");
    await until(() => first.events.some(({ type }) => type === "lost"), { what: "lost" });
    expect(second.events).toEqual([]);
    expect(await portOf(second.id)).toBe(other?.port);
    // It comes back where it was: the other has a room already.
    const again = await pool.createRouter(() => {});
    expect(await portOf(again)).toBe(one?.port);
    expect(await pool.counters()).toMatchObject({ processRestarts: 1, routers: 2, transports: 3 });
  } finally {
    await pool.close();
  }
  expect(pool.processes.map(({ pid }) => isRunning(pid))).toEqual([false, false]);
});

/** Takes a port at once, or answers undefined while another process still has it. */
function bound(port: number): DatagramSocket | undefined {
  try {
    return openLinuxSocket({ address: ADDRESS, port });
  } catch (error) {
    if (error instanceof SystemCallError) return undefined;
    throw error;
  }
}

Deno.test("a process that can't be replaced leaves its rooms to the other", async () => {
  const { pool, first, second, portOf } = await twoRooms(recordingLogger());
  let squatter: DatagramSocket | undefined;
  try {
    const [one, other] = pool.processes;
    Deno.kill(one!.pid, "SIGKILL");
    // Without a turn of the event loop, so that no replacement can be first.
    while (squatter === undefined) squatter = bound(one!.port);
    await until(() => first.events.some(({ type }) => type === "lost"), { what: "lost" });
    expect(second.events).toEqual([]);
    expect(await portOf(await pool.createRouter(() => {}))).toBe(other?.port);
  } finally {
    squatter?.close();
    await pool.close();
  }
});

Deno.test("several processes start together or not at all", async () => {
  const taken = await startMediaProcess({ address: ADDRESS, port: 0, logger: recordingLogger() });
  const logger = recordingLogger();
  try {
    const options = { address: ADDRESS, port: taken.port - 1, processes: 2, logger };
    await expect(startMediaPool(options)).rejects.toThrow(MediaError);
  } finally {
    await taken.close();
  }
});

Deno.test("the process that replaces another takes TCP on its port too, though the other's connections linger", async () => {
  const logger = recordingLogger();
  const engine = await startMediaProcess({ address: ADDRESS, port: 0, logger });
  try {
    const { pid, port } = engine;
    using _lingering = await Deno.connect({ hostname: ADDRESS, port });
    const lost = Promise.withResolvers<void>();
    await engine.createRouter(({ type }) => {
      if (type === "lost") lost.resolve();
    });
    Deno.kill(pid, "SIGKILL");
    await lost.promise;
    expect(logger.lines.filter((line) => line.includes("TCP"))).toEqual([]);
    using again = await Deno.connect({ hostname: ADDRESS, port });
    expect(again.remoteAddr.port).toBe(port);
  } finally {
    await engine.close();
  }
});
