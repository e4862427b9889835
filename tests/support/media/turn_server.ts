/** Debian's coturn on a free port of this machine, for tests. */

const PROGRAMS = ["/usr/bin/turnserver", "/usr/local/bin/turnserver"];

export function findTurnServer(): string | undefined {
  return PROGRAMS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

export class TurnServer {
  private constructor(readonly port: number, private readonly process: Deno.ChildProcess) {}

  /** Starts it and waits until it listens. */
  static async start(program: string, secret: string): Promise<TurnServer> {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    const process = new Deno.Command(program, {
      args: [
        ...["-n", "--log-file", "stdout", "--no-cli", "--no-tls", "--no-dtls"],
        ...["--listening-ip", "127.0.0.1", "--listening-port", `${port}`],
        ...["--relay-ip", "127.0.0.1", "--allow-loopback-peers", "--realm", "lectern"],
        ...["--use-auth-secret", "--static-auth-secret", secret],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let tries = 0; tries < 600; tries++) {
      // It listens on TCP beside UDP.
      const connected = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
      if (connected !== null) {
        connected.close();
        return new TurnServer(port, process);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    process.kill("SIGKILL");
    throw new Error("coturn doesn't listen");
  }

  async stop(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.status;
  }
}
