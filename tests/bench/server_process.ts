/** A server under measurement: a process of its own, whose CPU time and memory the kernel tells (Linux). */

/** Clock ticks a second in /proc (`getconf CLK_TCK`; 100 on every Linux that Deno runs on). */
const TICKS_PER_SECOND = 100;

export class ServerProcess<Ready> implements AsyncDisposable {
  private constructor(private readonly child: Deno.ChildProcess, readonly ready: Ready) {}

  /** Starts a script (a `.mjs` by Node, else by Deno) and waits for its first line, a JSON value. */
  static async start<Ready>(script: string, args: string[]): Promise<ServerProcess<Ready>> {
    const node = script.endsWith(".mjs");
    const child = new Deno.Command(node ? "node" : Deno.execPath(), {
      args: [...(node ? [] : ["run", "-A"]), script, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let text = "";
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (!text.includes("\n")) {
      const { value, done } = await lines.read();
      if (done) throw new Error(`${script} ended before it was ready`);
      text += value;
    }
    // What else it says is not for us, but the pipe must not fill up.
    const drain = async () => {
      while (!(await lines.read()).done);
    };
    void drain();
    return new ServerProcess(child, JSON.parse(text.slice(0, text.indexOf("\n"))) as Ready);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** CPU time of all threads, user and system. */
  cpuMs(): number {
    return processCpuMs(this.child.pid);
  }

  residentMb(): number {
    return processResidentMb(this.child.pid);
  }

  /** Ends it by closing its input, and waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.stdin.close();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 5000);
    await this.child.status;
    clearTimeout(timer);
  }
}

/** CPU time of all threads of a process, user and system. */
export function processCpuMs(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The second field is a name in brackets that may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_PER_SECOND;
}

export function processResidentMb(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(status.match(/VmRSS:\s+(\d+)/)?.[1] ?? NaN) / 1024;
}

/** Files, sockets and pipes that a process has open. */
export function processDescriptors(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** The processes that a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`).trim().split(" ").filter(Boolean)
      .map(Number)
  );
}

/** In the server: says that it is ready, then waits until whoever started it goes. */
export async function serveUntilClosed(ready: unknown): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(ready)}\n`));
  for await (const _ of Deno.stdin.readable);
}
