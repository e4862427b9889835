/**
 * The product as a person meets it: the real server in its own process, a real database file, real browsers.
 *
 * Used by every browser test. Ports are picked free; the data folder is a temporary one that a restart keeps.
 */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { servingFlags } from "../../../server/start_permissions.ts";

const ROOT = new URL("../../../", import.meta.url);

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

/** What a browser gives to a page that asks for a microphone and a camera. */
const DEVICE_ARGS = {
  fake: [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
  ],
  denied: ["--deny-permission-prompts", "--use-fake-device-for-media-stream"],
  "no-camera": [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream=device-count=0",
  ],
} as const;

/** What booking a lesson answers, as far as the tests use it. */
export interface Booking {
  meetingId: string;
  passcode: string;
  url: string;
  links: { userId: string; name: string; role: "tutor" | "student"; url: string }[];
}

/** A running server. `kill` is SIGKILL; `start` again serves the same data on the same ports. */
export class Lectern {
  #process: Deno.ChildProcess | null = null;
  #log = "";
  #drained: Promise<void> = Promise.resolve();

  private constructor(
    readonly dataDir: string,
    readonly port: number,
    readonly mediaPort: number,
    readonly apiKey: string,
    readonly env: Record<string, string>,
  ) {}

  /** Makes a data folder and an API key, and serves. `env` adds to the server's environment. */
  static async start(env: Record<string, string> = {}): Promise<Lectern> {
    const dataDir = await Deno.makeTempDir({ prefix: "lectern-e2e-" });
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "server/make_api_key.ts"],
      cwd: ROOT,
      env: { DATA_DIR: dataDir },
    }).output();
    const key = new TextDecoder().decode(stdout).match(/lk_[A-Za-z0-9_-]+/)?.[0];
    if (!success || key === undefined) {
      throw new Error(`No API key was made: ${new TextDecoder().decode(stderr)}`);
    }
    const lectern = new Lectern(dataDir, freeTcpPort(), freeUdpPort(), key, env);
    await lectern.start();
    return lectern;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The server's log so far, for the message of a failed test. */
  get log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", ...servingFlags(this.dataDir), "main.ts"],
      cwd: ROOT,
      env: {
        HOST: "127.0.0.1",
        PORT: String(this.port),
        MEDIA_PORT: String(this.mediaPort),
        DATA_DIR: this.dataDir,
        TRY_IT: "true",
        ...this.env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#process = process;
    this.#drained = Promise.all([this.#collect(process.stdout), this.#collect(process.stderr)])
      .then(() => {});
    let ended = false;
    process.status.then(() => ended = true);
    const until = performance.now() + 30_000;
    while (performance.now() < until && !ended) {
      const ready = await fetch(`${this.origin}/readyz`).then(async (response) => {
        await response.body?.cancel();
        return response.ok;
      }).catch(() => false);
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`The server did not become ready:\n${this.#log.slice(-4000)}`);
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#log += decoder.decode(chunk, { stream: true });
  }

  /** Ends the server as a power cut would (SIGKILL), and waits until it is gone. */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    const process = this.#process;
    if (process === null) return;
    this.#process = null;
    process.kill(signal);
    await process.status;
    await this.#drained;
  }

  /** Stops the server and removes its data. */
  async stop(): Promise<void> {
    await this.kill("SIGTERM");
    await Deno.remove(this.dataDir, { recursive: true });
  }

  api(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.origin}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.apiKey}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Books a lesson of one tutor (Mia) and one student (Ada) that is open now. */
  async book(change: Record<string, unknown> = {}): Promise<Booking> {
    const response = await this.api("POST", "/meetings", {
      title: "Algebra with Mia",
      bookingId: "b-1",
      tutor: { id: "t-1", name: "Mia" },
      students: [{ id: "s-1", name: "Ada" }],
      ...change,
    });
    if (!response.ok) throw new Error(`Booking: ${response.status} ${await response.text()}`);
    return await response.json() as Booking;
  }

  async meeting(meetingId: string): Promise<Record<string, unknown>> {
    const response = await this.api("GET", `/meetings/${meetingId}`);
    return await response.json() as Record<string, unknown>;
  }
}

export function linkOf(booking: Booking, name: string): string {
  const link = booking.links.find((link) => link.name === name);
  if (link === undefined) throw new Error(`${name} has no link`);
  return link.url;
}

function freeTcpPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** Below the ephemeral range, so that no browser socket takes it while the server restarts. */
function freeUdpPort(): number {
  return 20_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 10_000;
}

export function findChromium(): string {
  const found = CHROMIUM.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error("Chromium is missing: apt-get install chromium");
  return found;
}

/** `place` answers the program that starts Chromium somewhere else than here. */
export async function launchChromium(
  args: string[] = [],
  devices: keyof typeof DEVICE_ARGS = "fake",
  place = (program: string) => Promise.resolve(program),
): Promise<Browser> {
  return await chromium.launch({
    executablePath: await place(findChromium()),
    headless: true,
    args: [...CHROMIUM_ARGS, ...DEVICE_ARGS[devices], ...args],
  });
}

/** A profile that isn't a private window, as Playwright's contexts are: those open no connections ahead. */
export async function launchChromiumProfile(): Promise<BrowserContext> {
  return await chromium.launchPersistentContext("", {
    executablePath: findChromium(),
    headless: true,
    args: [...CHROMIUM_ARGS, ...DEVICE_ARGS.fake],
    viewport: { width: 1280, height: 800 },
  });
}

/** Keeps every RTCPeerConnection of a page where the tests can ask it for statistics. */
export function keepPeerConnections(): void {
  const kept: RTCPeerConnection[] = [];
  Object.assign(globalThis, { keptPeers: kept });
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      kept.push(this);
    }
  };
}

/** What has arrived at a page, over all its peer connections. */
export interface Inbound {
  framesDecoded: number;
  videoPackets: number;
  audioPackets: number;
  audioEnergy: number;
}

/** The body of `inbound`, as text too, for browsers that playwright does not drive. */
export const INBOUND = `(async () => {
  const sum = { framesDecoded: 0, videoPackets: 0, audioPackets: 0, audioEnergy: 0 };
  for (const peer of globalThis.keptPeers ?? []) {
    if (peer.connectionState === "closed") continue;
    for (const stat of (await peer.getStats()).values()) {
      if (stat.type !== "inbound-rtp") continue;
      if (stat.kind === "video") {
        sum.framesDecoded += stat.framesDecoded ?? 0;
        sum.videoPackets += stat.packetsReceived ?? 0;
      } else {
        sum.audioPackets += stat.packetsReceived ?? 0;
        sum.audioEnergy += stat.totalAudioEnergy ?? 0;
      }
    }
  }
  return sum;
})()`;

export function inbound(page: Page): Promise<Inbound> {
  return page.evaluate(INBOUND) as Promise<Inbound>;
}

/** Asks until the condition holds; rejects with the last value after `timeoutMs`. */
export async function until<T>(
  ask: () => Promise<T>,
  holds: (value: T) => boolean,
  timeoutMs = 40_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let last = await ask();
  while (!holds(last)) {
    if (performance.now() > end) {
      throw new Error(`Still ${JSON.stringify(last)} after ${timeoutMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    last = await ask();
  }
  return last;
}

/** A person's own browser profile with one page; page errors are kept for the test to look at. */
export interface PersonPage {
  context: BrowserContext;
  page: Page;
  errors: string[];
}

export async function openPerson(
  browser: Browser,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<PersonPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.addInitScript(keepPeerConnections);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  return { context, page, errors };
}
